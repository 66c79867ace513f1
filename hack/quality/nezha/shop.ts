import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rowsOf } from '../data.ts';

/** One pod of a day, a row a minute. */
export interface Pod {
  readonly name: string;
  /** Its Deployment: a new pod of it goes on where the old one stood. */
  readonly workload: string;
  readonly timesMs: Float64Array;
  /** For each of `metrics`, its values; NaN is none. */
  readonly values: readonly Float64Array[];
}

export interface Fault {
  readonly atMs: number;
  readonly pod: string;
  readonly type: string;
}

export interface Day {
  readonly pods: readonly Pod[];
  readonly faults: readonly Fault[];
  /** From when nothing is wrong, to the end of the day. */
  readonly normalFromMs: number;
}

/** What the callers of a pod measure: the median latency of their calls, the least of all callers, so that it is the pod's. */
const asCalled = 'of source_50, the least';

/** The metrics of a pod, and the smallest deviation of each that matters. Those of its node are not the pod's. */
export const metrics: readonly { readonly column: string; readonly least: number }[] = [
  { column: 'CpuUsageRate(%)', least: 2 },
  { column: 'MemoryUsageRate(%)', least: 2 },
  { column: 'SyscallRead', least: 50 },
  { column: 'SyscallWrite', least: 50 },
  { column: 'NetworkReceiveBytes', least: 2000 },
  { column: 'NetworkTransmitBytes', least: 2000 },
  { column: 'PodClientLatencyP90(s)', least: 0.01 },
  { column: 'PodServerLatencyP90(s)', least: 0.01 },
  { column: 'PodClientLatencyP99(s)', least: 0.02 },
  { column: 'PodServerLatencyP99(s)', least: 0.02 },
  { column: 'PodWorkload(Ops)', least: 2 },
  { column: asCalled, least: 0.01 },
];

/** The two days, and when the normal hours of each begin. */
const normal = { '2022-08-22': '09:00:00', '2022-08-23': '17:30:00' } as const;
export type Date = keyof typeof normal;

export function readDay(directory: string, date: Date): Day {
  const listed = JSON.parse(readFileSync(join(directory, date, `${date}-fault_list.json`), 'utf8')) as Record<
    string,
    { inject_timestamp: string; inject_pod: string; inject_type: string }[]
  >;
  const calls = readCalls(join(directory, date, 'metric', 'source_50.csv.gz'));
  return {
    pods: globSync(join(directory, date, 'metric', '*_metric.csv.gz'))
      .toSorted()
      .map((path) => readPod(path, calls)),
    faults: Object.values(listed)
      .flat()
      .map(({ inject_timestamp, inject_pod, inject_type }) => ({
        atMs: Number(inject_timestamp) * 1000,
        pod: inject_pod,
        type: inject_type,
      }))
      .toSorted((a, b) => a.atMs - b.atMs),
    normalFromMs: Date.parse(`${date}T${normal[date]}Z`),
  };
}

/** For each workload and minute since the epoch, what its callers measure. */
type Calls = ReadonlyMap<string, ReadonlyMap<number, number>>;

const timeOf = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
const minuteOf = (tMs: number): number => Math.floor(tMs / 60_000);

/** Columns are named after a caller and the one that is called: `frontend_cartservice`. */
function readCalls(path: string): Calls {
  const [head = [], ...rows] = rowsOf(path);
  const calls = new Map<string, Map<number, number>>();
  for (const [column, name] of head.entries()) {
    const called = name.split('_')[1];
    if (called === undefined) continue;
    const of = calls.get(called) ?? new Map<number, number>();
    calls.set(called, of);
    for (const row of rows) {
      const minute = minuteOf(timeOf(row[0] ?? ''));
      const latency = row[column] === '' ? NaN : Number(row[column]);
      if (latency < (of.get(minute) ?? Infinity)) of.set(minute, latency);
    }
  }
  return calls;
}

function readPod(path: string, calls: Calls): Pod {
  const name = basename(path).replace('_metric.csv.gz', '');
  const [head = [], ...rows] = rowsOf(path);
  const workload = name.split('-').slice(0, -2).join('-');
  // The column TimeStamp is wrong for one pod; Time is not.
  const timesMs = Float64Array.from(rows, ([time = '']) => timeOf(time));
  const called = calls.get(workload);
  return {
    name,
    workload,
    timesMs,
    values: metrics.map(({ column }) => {
      if (column === asCalled) return timesMs.map((tMs) => called?.get(minuteOf(tMs)) ?? NaN);
      const at = head.indexOf(column);
      return Float64Array.from(rows, (row) => (row[at] === '' ? NaN : Number(row[at])));
    }),
  };
}
