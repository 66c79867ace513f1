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
];

/** The two days, and when the normal hours of each begin. */
const normal = { '2022-08-22': '09:00:00', '2022-08-23': '17:30:00' } as const;
export type Date = keyof typeof normal;

export function readDay(directory: string, date: Date): Day {
  const listed = JSON.parse(readFileSync(join(directory, date, `${date}-fault_list.json`), 'utf8')) as Record<
    string,
    { inject_timestamp: string; inject_pod: string; inject_type: string }[]
  >;
  return {
    pods: globSync(join(directory, date, 'metric', '*_metric.csv.gz'))
      .toSorted()
      .map(readPod),
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

function readPod(path: string): Pod {
  const name = basename(path).replace('_metric.csv.gz', '');
  const [head = [], ...rows] = rowsOf(path);
  return {
    name,
    workload: name.split('-').slice(0, -2).join('-'),
    // The column TimeStamp is wrong for one pod; Time is not.
    timesMs: Float64Array.from(rows, ([time = '']) => Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`)),
    values: metrics.map(({ column }) => {
      const at = head.indexOf(column);
      return Float64Array.from(rows, (row) => (row[at] === '' ? NaN : Number(row[at])));
    }),
  };
}
