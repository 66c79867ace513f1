import type { Schema } from '../../engine/schema.ts';
import { text } from '../fragments.ts';

const url = {
  ...text('Where it is posted to; its host must be in the notifiers file of the operator.', 2048),
  'x-kubernetes-validations': [
    {
      rule: "self.matches('^https?://[a-z0-9.-]+(:[0-9]+)?(/[^ ]*)?$')",
      message: 'must be a URL such as "https://hooks.example.com/fix", with its host in lower-case letters',
    },
  ],
} as const satisfies Schema;

const data = {
  type: 'object',
  description:
    'What is sent as data.parameters; texts in it may hold placeholders as in createObject. Example: {ticket: "${target.name}"}.',
  'x-kubernetes-preserve-unknown-fields': true,
} as const satisfies Schema;

/** `webhook`: asks a program outside the cluster. */
export const webhook = {
  type: 'object',
  description:
    'Posts a CloudEvent and takes 2xx for success. Its header Idempotency-Key is the same whenever this step is sent again, which happens when the operator dies before it has noted the answer: the receiver must do one key once. What it did can only be taken back by a request of its own (undo). Example: {webhook: {url: "https://hooks.example.com/fix", undo: {url: "https://hooks.example.com/unfix"}}}.',
  required: ['url'],
  properties: {
    url,
    data,
    timeoutSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 30,
      default: 10,
      description: 'How long an answer is waited for; after that it is sent again, until the step’s own time is over.',
    },
    undo: {
      type: 'object',
      description:
        'What takes it back: the same, of type dev.homeostat.webhook.undo and with a key of its own. It is also sent when it is not certain that the first one arrived.',
      properties: { url: { ...url, description: 'Where to; default: the same.' }, data },
    },
  },
} as const satisfies Schema;
