import type { Notification } from './notification.ts';
import { alertmanager } from './alertmanager.ts';
import { nats } from './nats.ts';
import type { Message, Moment, Notifier } from './notifier.ts';
import { pagerDuty } from './pager-duty.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** Every kind of notifier, by the name of its settings in the notifiers file. */
export const notifiers = { webhook, slack, pagerDuty, alertmanager, nats } as const;

export type NotifierKind = keyof typeof notifiers;
/** The names of all kinds, in order. */
export const notifierKinds = Object.keys(notifiers) as readonly NotifierKind[];

/** A notifier with its settings filled in. */
export interface BoundNotifier {
  readonly kind: NotifierKind;
  readonly lasting: boolean;
  readonly repeatMs: number | undefined;
  message(notification: Notification, moment: Moment): Message | undefined;
}

/** The settings of one notifier, as they stand in the file: exactly one kind. */
export type Settings = { readonly [Kind in NotifierKind]?: unknown };

/** Throws a `TypeError` when the settings name no kind, which the schema of the file refuses. */
export function bind(settings: Settings): BoundNotifier {
  const kind = notifierKinds.find((each) => settings[each] !== undefined);
  if (kind === undefined) throw new TypeError(`a notifier must name one of ${notifierKinds.join(', ')}`);
  // Which settings go with which kind is lost where the kind is a variable.
  const notifier = notifiers[kind] as Notifier<unknown>;
  return {
    kind,
    lasting: notifier.lasting,
    repeatMs: notifier.repeatMs,
    message: (notification, moment) => notifier.message(notification, settings[kind], moment),
  };
}
