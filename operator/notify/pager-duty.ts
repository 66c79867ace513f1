import type { Infer, Schema } from '../../engine/schema.ts';
import { storyOf } from './notification.ts';
import type { Notifier } from './notifier.ts';
import { secret, url } from './settings.ts';

const schema = {
  type: 'object',
  description: 'PagerDuty, by its Events API v2. Example: {routingKey: R0123456789ABCDEF}.',
  required: ['routingKey'],
  properties: {
    routingKey: secret('The integration key of the service.'),
    url: { ...url('Where events are posted to.'), default: 'https://events.pagerduty.com/v2/enqueue' },
  },
} as const satisfies Schema;

const actions = { Opened: 'trigger', Message: 'trigger', Acknowledged: 'acknowledge', Resolved: 'resolve' } as const;
const severities = { Info: 'info', Warning: 'warning', Critical: 'critical' } as const;

/** PagerDuty refuses longer ones. */
const longest = { summary: 1024, story: 20_000 };

/** Triggers, acknowledges and resolves one alert per matter, told apart by its key. */
export const pagerDuty: Notifier<Infer<typeof schema>> = {
  schema,
  lasting: true,
  message(notification, { routingKey, url }) {
    const { stage, key, summary, severity, time, incident, policy, target, reason } = notification;
    const action = actions[stage];
    const payload = {
      summary: summary.slice(0, longest.summary),
      source: [target.namespace, target.name].filter((part) => part !== undefined).join('/'),
      severity: severities[severity],
      timestamp: time,
      component: target.workload?.name ?? target.name,
      group: incident.namespace,
      class: policy,
      custom_details: {
        reason,
        incident: `${incident.namespace}/${incident.name}`,
        story: storyOf(notification).slice(0, longest.story),
      },
    };
    const event = {
      routing_key: routingKey,
      event_action: action,
      dedup_key: key,
      ...(action === 'trigger' ? { client: 'Homeostat', payload } : {}),
    };
    return { is: 'Post', url, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) };
  },
};
