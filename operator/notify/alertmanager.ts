import type { Infer, Schema } from '../../engine/schema.ts';
import { storyOf } from './notification.ts';
import type { Notifier } from './notifier.ts';
import { secret, url } from './settings.ts';

const schema = {
  type: 'object',
  description: 'Alertmanager, by its API v2. Example: {url: "http://alertmanager.monitoring:9093"}.',
  required: ['url'],
  properties: {
    url: url('Its address, without /api/v2/alerts.'),
    bearerToken: secret('Sent as Authorization: Bearer.'),
  },
} as const satisfies Schema;

const repeatMs = 60_000;
/** An alert that is not told again ends by itself so much later: as if we had said so. */
const lastsMs = 5 * repeatMs;

/** One alert per matter, told again until it is over; silences and routing are Alertmanager’s. */
export const alertmanager: Notifier<Infer<typeof schema>> = {
  schema,
  lasting: true,
  repeatMs,
  message(notification, settings, { nowMs }) {
    const { stage, severity, incident, policy, target, openedTime, time, reason, summary, key } = notification;
    // Who looks after it is said by silences there.
    if (stage === 'Acknowledged') return undefined;
    const alert = {
      // What identifies the alert: never anything that changes while it lasts.
      labels: {
        alertname: policy,
        severity: severity.toLowerCase(),
        namespace: incident.namespace,
        incident: incident.name,
        matter: key,
        target_kind: target.kind,
        target_name: target.name,
        ...(target.namespace === undefined ? {} : { target_namespace: target.namespace }),
        source: 'homeostat',
      },
      annotations: { summary, reason, description: storyOf(notification) },
      startsAt: openedTime,
      endsAt: stage === 'Resolved' ? time : new Date(nowMs + lastsMs).toISOString(),
    };
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (settings.bearerToken !== undefined) headers['Authorization'] = `Bearer ${settings.bearerToken}`;
    const base = settings.url.replace(/\/+$/, '');
    return { is: 'Post', url: `${base}/api/v2/alerts`, headers, body: JSON.stringify([alert]) };
  },
};
