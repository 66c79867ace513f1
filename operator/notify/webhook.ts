import type { Infer, Schema } from '../../engine/schema.ts';
import { cloudEventType, notificationEvent } from './cloud-event.ts';
import type { Notifier } from './notifier.ts';
import { secret, url } from './settings.ts';
import { signatureHeader, signatureOf } from './sign.ts';

const schema = {
  type: 'object',
  description: 'A signed CloudEvent to any HTTP receiver. Example: {url: "https://hooks.example.com/a", secret: …}.',
  required: ['url'],
  properties: {
    url: url('Where it is posted to.'),
    secret: secret('Signs each message, so that the receiver can tell it from anybody else’s.'),
  },
} as const satisfies Schema;

/** Posts the notification as a CloudEvent, with its id as `Idempotency-Key`, signed when there is a secret. */
export const webhook: Notifier<Infer<typeof schema>> = {
  schema,
  lasting: false,
  message(notification, settings, { nowMs, hmac }) {
    const body = JSON.stringify(notificationEvent(notification));
    const headers: Record<string, string> = { 'Content-Type': cloudEventType, 'Idempotency-Key': notification.id };
    if (settings.secret !== undefined) headers[signatureHeader] = signatureOf(settings.secret, body, nowMs, hmac);
    return { is: 'Post', url: settings.url, headers, body };
  },
};
