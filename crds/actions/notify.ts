import type { Schema } from '../../engine/schema.ts';
import { label, text } from '../fragments.ts';

/** `notify`: says something to people. */
export const notify = {
  type: 'object',
  description:
    'Has people told something. The step is done when it is handed over; how the telling fares stands in status.notifications of the Incident. Example: {notify: {notifier: chat, message: "node ${target.name} is cordoned now"}}.',
  required: ['notifier', 'message'],
  properties: {
    notifier: label('Who is told: a name from the notifiers file of the operator. Example: chat.'),
    message: text('What they are told; it may hold placeholders as in createObject.'),
  },
} as const satisfies Schema;
