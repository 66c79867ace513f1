import { alarmsOf, type Alarm } from './alarms.ts';
import { readDay, type Day, type Fault } from './shop.ts';

/** How one fault was seen. */
interface Sighting {
  readonly type: string;
  /** Samples from the injection to the alarm, 1 is the first; undefined: none. */
  readonly delay: number | undefined;
  /** Place of the right pod in the alarm's list, from 1; 0: not on it. */
  readonly place: number;
}

export interface FaultFigures {
  readonly faults: number;
  readonly detected: number;
  readonly medianDelaySamples: number;
  readonly p90DelaySamples: number;
  /** Shares of all faults, the undetected included. */
  readonly rightPodFirst: number;
  readonly rightPodInThree: number;
}

export interface ShopFigures {
  readonly all: FaultFigures;
  /** Contention of CPU, its consumption, delay of the network: what metrics can show. */
  readonly resources: FaultFigures;
  readonly byType: Readonly<Record<string, FaultFigures>>;
  /** In the normal hours, alarms of an hour each that name a pod first. */
  readonly falseAlarmsPerPodDay: number;
}

/** A fault owns the samples from 30 s before (clocks) to six minutes after it. */
const beforeMs = 30_000;
const afterMs = 360_000;
const sampleMs = 60_000;
const eventMs = 3_600_000;
const dayMs = 86_400_000;

/** Both days, each with the normal hours of the other one as its past, and each without any. */
export function shopFigures(directory: string): Readonly<Record<'warm' | 'cold', ShopFigures>> {
  const days = [readDay(directory, '2022-08-22'), readDay(directory, '2022-08-23')] as const;
  return { warm: figuresOf(days, true), cold: figuresOf(days, false) };
}

function figuresOf(days: readonly [Day, Day], isWarm: boolean): ShopFigures {
  const runs = days.map((day, i) => ({ day, alarms: alarmsOf(day, isWarm ? days[1 - i] : undefined) }));
  const sightings = runs.flatMap(({ day, alarms }) => day.faults.map((fault) => sighted(fault, alarms)));
  const podMs = days.reduce(
    (sum, { pods, normalFromMs }) =>
      sum + pods.reduce((all, { timesMs }) => all + Math.max(0, (timesMs.at(-1) ?? 0) - normalFromMs), 0),
    0,
  );
  const types = [...new Set(sightings.map(({ type }) => type))].toSorted();
  const of = (match: (type: string) => boolean): FaultFigures => summed(sightings.filter(({ type }) => match(type)));
  return {
    all: of(() => true),
    resources: of((type) => type.startsWith('cpu_') || type === 'network_delay'),
    byType: Object.fromEntries(types.map((type) => [type, of((other) => other === type)])),
    falseAlarmsPerPodDay:
      runs.reduce((sum, { day, alarms }) => sum + falseEvents(alarms, day.normalFromMs), 0) / (podMs / dayMs),
  };
}

/** An alarm that was on before the fault's own samples does not count until it has been off for one. */
function sighted({ atMs, pod, type }: Fault, alarms: readonly Alarm[]): Sighting {
  const fromMs = atMs - beforeMs;
  const isOnAt = (tMs: number): boolean => alarms.some((alarm) => Math.abs(alarm.tMs - tMs) < sampleMs / 2);
  for (const alarm of alarms) {
    if (alarm.tMs <= fromMs || alarm.tMs > atMs + afterMs) continue;
    let earliest = alarm.tMs;
    while (isOnAt(earliest - sampleMs) && earliest > fromMs - sampleMs) earliest -= sampleMs;
    if (earliest <= fromMs) continue;
    const delay = Math.max(1, Math.ceil((alarm.tMs - atMs) / sampleMs));
    return { type, delay, place: alarm.pods.indexOf(pod) + 1 };
  }
  return { type, delay: undefined, place: 0 };
}

function summed(sightings: readonly Sighting[]): FaultFigures {
  const delays = sightings.flatMap(({ delay }) => delay ?? []).toSorted((a, b) => a - b);
  const quantile = (q: number): number => delays[Math.min(delays.length - 1, Math.floor(q * delays.length))] ?? 0;
  const share = (of: (sighting: Sighting) => boolean): number => sightings.filter(of).length / sightings.length;
  return {
    faults: sightings.length,
    detected: delays.length,
    medianDelaySamples: quantile(0.5),
    p90DelaySamples: quantile(0.9),
    rightPodFirst: share(({ place }) => place === 1),
    rightPodInThree: share(({ place }) => place >= 1 && place <= 3),
  };
}

/** Alarms in the normal hours, for each pod that is named first; one covers an hour. */
function falseEvents(alarms: readonly Alarm[], fromMs: number): number {
  const until = new Map<string, number>();
  let events = 0;
  for (const { tMs, pods } of alarms) {
    const [first = ''] = pods;
    if (tMs < fromMs || tMs < (until.get(first) ?? 0)) continue;
    until.set(first, tMs + eventMs);
    events++;
  }
  return events;
}
