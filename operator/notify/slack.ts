import type { Infer, Schema } from '../../engine/schema.ts';
import { storyOf } from './notification.ts';
import type { Notifier } from './notifier.ts';
import { url } from './settings.ts';

const schema = {
  type: 'object',
  description: 'A Slack incoming webhook. Example: {url: "https://hooks.slack.com/services/T0/B0/x"}.',
  required: ['url'],
  properties: { url: url('The URL of the incoming webhook; whoever knows it can post there.') },
} as const satisfies Schema;

/** Slack cuts longer texts off. */
const longestText = 3000;

const headings = {
  Opened: ':rotating_light: Needs you',
  Acknowledged: ':eyes: Acknowledged',
  Resolved: ':white_check_mark: Resolved',
  Message: ':speech_balloon: Message',
} as const;

/** The three characters that mean something in Slack’s texts. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Posts the story as a text. */
export const slack: Notifier<Infer<typeof schema>> = {
  schema,
  lasting: false,
  message(notification, settings) {
    const { stage, severity, incident } = notification;
    const heading = `*${headings[stage]}* (${severity}) \`${incident.namespace}/${incident.name}\``;
    const body = JSON.stringify({ text: shortened(`${heading}\n${escaped(storyOf(notification))}`) });
    return { is: 'Post', url: settings.url, headers: { 'Content-Type': 'application/json' }, body };
  },
};

const shortened = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText - 1).replace(/(&[a-z]*|[\uD800-\uDBFF])$/, '')}…`;
