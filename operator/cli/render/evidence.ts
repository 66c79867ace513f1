/** What the signals showed, with their numbers. */
import type { IncidentStatus } from '../../../crds/incident.ts';
import { moment } from './times.ts';
import { padded, wrapped, type View } from './view.ts';

type Evidence = NonNullable<IncidentStatus['evidence']>[number];

/** Each signal, those that fired marked. */
export function evidenceLines(evidence: readonly Evidence[] | undefined, view: View): string[] {
  const all = evidence ?? [];
  const width = Math.max(0, ...all.map(({ signal }) => signal.length));
  return all.flatMap((one) => {
    const sign = one.firing ? view.paint('bad', '●') : view.paint('dim', '○');
    const indent = width + 4;
    return wrapped(`${sign} ${padded(one.signal, width)}  ${sentence(one, view)}`, view.columns - 2, indent);
  });
}

function sentence(evidence: Evidence, { nowMs }: View): string {
  const { metric, aggregate, windowSeconds, value, threshold, finding, firing, confidence, since, samples } = evidence;
  const { source, fromSequence, toSequence } = evidence;
  const window = windowSeconds ? ` over ${windowSeconds} s` : '';
  const parts = [
    `${metric}${aggregate === undefined ? '' : `, ${aggregate}${window}`}: ${value ?? 'no value'}${threshold === undefined ? '' : `, ${threshold}`}`,
    ...(finding === undefined ? [] : [finding]),
    ...(firing ? [] : ['does not fire']),
    ...(since === undefined ? [] : [`since ${moment(since, nowMs)}`]),
    ...(confidence === undefined ? [] : [`confidence ${confidence}`]),
    ...(samples === undefined ? [] : [samples === 1 ? '1 sample' : `${samples} samples`]),
    ...usual(evidence.usual),
    ...flaws(evidence.quality),
    ...(source === undefined ? [] : [`${frames(fromSequence, toSequence)} of ${source}`]),
  ];
  return parts.join('; ');
}

const spans = { HourOfWeek: 'at this hour of the week', HourOfDay: 'at this hour of the day', Overall: 'at any time' };

/** What is usual, or why that is not known, in words. */
function usual({ p50, p99, over, hours, absent }: NonNullable<Evidence['usual']> = {}): string[] {
  if (absent !== undefined) return [`usual: ${absent}`];
  if (p50 === undefined || p99 === undefined || over === undefined) return [];
  return [
    `usual ${spans[over]}: half below ${p50}, 99 % below ${p99} (${hours === 1 ? '1 hour' : `${hours ?? 0} hours`})`,
  ];
}

/** What is wrong with the samples, in words. */
function flaws({
  missing = 0,
  resets = 0,
  infinite = 0,
  late = 0,
  mistimed = 0,
  outliers = 0,
  imputed = 0,
  skewMilliseconds = 0,
  flatSeconds = 0,
}: NonNullable<Evidence['quality']> = {}): string[] {
  return [
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(resets > 0 ? [`counters began anew ${resets === 1 ? 'once' : `${resets} times`}`] : []),
    ...(infinite > 0 ? [`${infinite === 1 ? '1 infinite value' : `${infinite} infinite values`} left out`] : []),
    ...(late > 0 ? [`${late} late`] : []),
    ...(mistimed > 0 ? [`${mistimed === 1 ? '1 frame' : `${mistimed} frames`} with a time that cannot be`] : []),
    ...(outliers > 0 ? [outliers === 1 ? '1 outlier' : `${outliers} outliers`] : []),
    ...(imputed > 0 ? [`${imputed} made up`] : []),
    ...(skewMilliseconds === 0 ? [] : [clock(skewMilliseconds)]),
    ...(flatSeconds > 0 ? [`exactly the same for ${flatSeconds} s: a stuck sensor?`] : []),
  ];
}

const clock = (skewMilliseconds: number): string =>
  `clock ${Math.abs(skewMilliseconds)} ms ${skewMilliseconds > 0 ? 'behind' : 'ahead'}, corrected`;

const frames = (from: number | undefined, to: number | undefined): string =>
  from !== undefined && from === to ? `frame ${from}` : `frames ${from ?? '?'}–${to ?? '?'}`;
