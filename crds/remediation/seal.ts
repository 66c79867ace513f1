import type { Schema } from '../../engine/schema.ts';
import { text, time } from '../fragments.ts';

/** SHA-256, in hexadecimal. */
export const hash = (description: string) => text(description, 64);

/** One link of the audit chain. */
export const seal = {
  type: 'object',
  description: 'One link of the chain of its namespace: what stood fixed at a time, and behind which link.',
  required: ['sequence', 'time', 'record', 'previousHash', 'hash'],
  properties: {
    sequence: { type: 'integer', format: 'int64', minimum: 1, description: 'Its place in the chain. Example: 17.' },
    time: time('When it was sealed.'),
    record: hash('SHA-256 of what does not change after the end: who, what with pre-images, when, why, how it ended.'),
    evidence: hash('SHA-256 of the Incident and its evidence, if it was there.'),
    facts: {
      type: 'array',
      maxItems: 300,
      description: 'What has come to stand since the seal before. Example: [{name: undo room 0, text: Done}].',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'One fact.',
        required: ['name', 'text'],
        properties: {
          name: text('What it is about, such as undo room 0 or undoRequested.', 256),
          text: text('What is the case.', 256),
        },
      },
    },
    previousName: text('The Remediation that has the link before.', 253),
    previousHash: hash('The hash of the link before; zeros for the first.'),
    hash: hash('SHA-256 of all this.'),
  },
} as const satisfies Schema;
