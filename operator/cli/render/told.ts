/** Who was told of an Incident, or by a step, and how far that is. */
import type { Incident, NotificationRecord } from '../../../crds/incident.ts';
import { moment } from './times.ts';
import { wrapped, type Tone, type View } from './view.ts';

const tones: Readonly<Record<NotificationRecord['state'], Tone>> = {
  Pending: 'warn',
  Delivered: 'good',
  Failing: 'bad',
  Refused: 'bad',
  UnknownNotifier: 'bad',
  Dropped: 'dim',
};

/** A line for each notification; `about`: only those of this Remediation and of the Incident itself. */
export function toldLines(incident: Incident | undefined, view: View, about?: string): string[] {
  const records = incident?.status?.notifications ?? [];
  return records
    .filter((record) => about === undefined || record.about === 'Incident' || record.about.startsWith(`${about}/`))
    .flatMap(({ notifier, about: what, reason, state, told, toldTime, error }) => {
      const last = told === undefined ? '' : `, ${told} at ${moment(toldTime, view.nowMs)}`;
      const problem = error === undefined ? '' : `: ${error}`;
      const line = `${notifier}, of ${what} (${reason}): ${view.paint(tones[state], state)}${last}${problem}`;
      return wrapped(line, view.columns - 2, 2);
    });
}
