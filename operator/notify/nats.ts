import type { Infer, Schema } from '../../engine/schema.ts';
import { notificationEvent } from './cloud-event.ts';
import type { Notifier } from './notifier.ts';

const schema = {
  type: 'object',
  description:
    'CloudEvents on the operator’s own NATS, acknowledged by the stream of events. Example: {topic: oncall}.',
  properties: {
    topic: {
      type: 'string',
      default: 'all',
      maxLength: 63,
      description: 'The last token of the subject homeostat.events.notifications.<topic>.',
      'x-kubernetes-validations': [
        { rule: "self.matches('^[A-Za-z0-9_-]+$')", message: 'must be letters, digits, "_" and "-", such as oncall' },
      ],
    },
  },
} as const satisfies Schema;

/** Publishes the notification as a CloudEvent. */
export const nats: Notifier<Infer<typeof schema>> = {
  schema,
  lasting: false,
  message: (notification, { topic }, { subjectPrefix }) => ({
    is: 'Publish',
    subject: `${subjectPrefix}.events.notifications.${topic}`,
    id: notification.id,
    body: JSON.stringify(notificationEvent(notification)),
  }),
};
