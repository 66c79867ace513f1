/** Each guard as it was checked last, with its numbers. */
import type { GuardCheck } from '../../../crds/remediation.ts';
import { momentAndDistance } from './times.ts';
import { padded, wrapped, type View } from './view.ts';

/** Every guard; those that do not pass stand out and say until when. */
export function guardLines(guards: readonly GuardCheck[] | undefined, view: View): string[] {
  const all = guards ?? [];
  const width = Math.max(0, ...all.map(({ name }) => name.length));
  return all.flatMap(({ name, passed, message, limit, current, until }) => {
    const sign = passed ? view.paint('good', '✓') : view.paint('bad', '✗');
    const untold = (number: string | undefined): number is string => number !== undefined && !isTold(message, number);
    const numbers = [
      ...(untold(current) ? [`now ${current}`] : []),
      ...(untold(limit) ? [`limit ${limit}`] : []),
      ...(until === undefined || passed ? [] : [`until ${momentAndDistance(until, view.nowMs)}`]),
    ];
    const tail = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
    return wrapped(`${sign} ${padded(name, width)}  ${message}${tail}`, view.columns - 2, width + 4);
  });
}

/** Whether a sentence has this number, or word, already. */
const isTold = (message: string, number: string): boolean => ` ${message} `.includes(` ${number} `);
