/** Conditions and timelines, which every one of our objects has. */
import type { Condition } from '../../kube/api.ts';
import { moment } from './times.ts';
import { padded, wrapped, type Tone, type View } from './view.ts';

const tones: Readonly<Record<Condition['status'], Tone>> = { True: 'good', False: 'dim', Unknown: 'warn' };

/** Each condition in a line, also those that this program does not know. */
export function conditionLines(conditions: readonly Condition[] | undefined, view: View): string[] {
  const all = conditions ?? [];
  const width = Math.max(0, ...all.map(({ type, status }) => type.length + status.length + 1));
  return all.flatMap(({ type, status, reason, message, lastTransitionTime }) => {
    const name = padded(`${type}=${view.paint(tones[status], status)}`, width);
    const text = `${name}  ${reason}: ${message} (since ${moment(lastTransitionTime, view.nowMs)})`;
    return wrapped(text, view.columns - 2, width + 2);
  });
}

/** What happened, oldest first. */
export const timelineLines = (
  timeline: readonly { readonly time: string; readonly what: string }[] | undefined,
  view: View,
): string[] =>
  (timeline ?? []).flatMap(({ time, what }) => {
    const at = moment(time, view.nowMs);
    return wrapped(`${view.paint('dim', at)}  ${what}`, view.columns - 2, at.length + 2);
  });
