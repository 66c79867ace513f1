import type { Notification } from './notification.ts';

/** A CloudEvent 1.0 in its structured JSON form. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: unknown;
}

/** How HTTP names the structured form. */
export const cloudEventType = 'application/cloudevents+json';

/** Where an event about one of our objects comes from, as a URI reference. */
export const sourceOf = (plural: string, { namespace, name }: { namespace?: string; name: string }): string =>
  `/apis/homeostat.dev/v1alpha1/namespaces/${namespace ?? ''}/${plural}/${name}`;

/** A notification as a CloudEvent, such as `dev.homeostat.incident.opened`. */
export const notificationEvent = (notification: Notification): CloudEvent => ({
  specversion: '1.0',
  id: notification.id,
  source: sourceOf('incidents', notification.incident),
  type: `dev.homeostat.incident.${notification.stage.toLowerCase()}`,
  subject: notification.key,
  time: notification.time,
  datacontenttype: 'application/json',
  data: notification,
});
