import type { Machine } from '../bench/machine.ts';
import { medianOf } from '../bench/compare.ts';
import type { FaultRun } from './faults.ts';
import type { Life } from './healthy.ts';
import type { Alarm } from './monitoring.ts';
import { systemNames, type FaultName, type SystemName } from './systems.ts';
import type { Cost } from './usage.ts';

/** All that one comparison found. */
export interface Report {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Load averages of a minute, looked at during the comparison. */
  readonly load: { readonly median: number; readonly most: number };
  readonly faults: readonly FaultRun[];
  /** Runs that came to nothing, and why. */
  readonly problems: readonly string[];
  readonly healthy: {
    readonly minutes: number;
    readonly life: Readonly<Life>;
    readonly podsStarted: number;
    /** Alerts and Incidents about what was healthy. */
    readonly falseAlarms: Readonly<Record<SystemName, readonly Alarm[]>>;
    /** How many of them came as far as a write. */
    readonly written: Readonly<Record<SystemName, number>>;
  };
  /** The share of the scrapes of the healthy node that failed, most of them by being late. */
  readonly failedScrapes: Readonly<Partial<Record<SystemName, number>>>;
  readonly cost: Readonly<Record<string, Cost>>;
}

const titles: Readonly<Record<FaultName, string>> = {
  'hung-kubelet': 'kubelet hangs',
  'oom-loop': 'OOM loop, from the second kill',
  'crash-loop': 'crash loop, from the second end',
  'cpu-throttled': 'CPU throttled',
  'memory-leak': 'leak, from its beginning',
};
const heads: Readonly<Record<SystemName, string>> = {
  homeostat: 'Homeostat',
  'prometheus-fastest': 'Prometheus + Alertmanager, fastest',
  'prometheus-defaults': 'at their defaults',
};

/** `median (least–most)` of seconds, and of how many runs when it is not all of them. */
export const spreadOf = (values: readonly (number | undefined)[]): string => {
  const found = values.filter((value) => value !== undefined);
  if (found.length === 0) return values.length === 0 ? '–' : `never in ${values.length}`;
  const range = found.length === 1 ? '' : ` (${text(Math.min(...found))}–${text(Math.max(...found))})`;
  const share = found.length === values.length ? '' : `, ${found.length} of ${values.length}`;
  return `${text(medianOf(found))} s${range}${share}`;
};
const text = (seconds: number): string => (Math.abs(seconds) < 10 ? seconds.toFixed(2) : seconds.toFixed(0));

/** By how long each write came before the kill; what came after it came never. */
export const leadsOf = (runs: readonly FaultRun[], system: SystemName): (number | undefined)[] =>
  runs.map(({ seconds, killedAfterSeconds }) => {
    const at = seconds[system];
    if (at === undefined || killedAfterSeconds === undefined || at >= killedAfterSeconds) return undefined;
    return killedAfterSeconds - at;
  });

const row = (title: string, cell: (system: SystemName) => string): string =>
  `| ${[title, ...systemNames.map(cell)].join(' | ')} |`;

/** What a system needs to run, its parts added up. */
export const costOf = (cost: Report['cost'], system: SystemName): string => {
  const parts = Object.entries(cost).filter(([part]) => part.startsWith(`${system}/`));
  if (parts.length === 0) return '–';
  const cores = parts.reduce((sum, [, { cpuCores }]) => sum + cpuCores, 0);
  const memory = parts.reduce((sum, [, { residentMiB }]) => sum + residentMiB, 0);
  return `${(cores * 100).toFixed(1)} % of a core, ${memory} MiB`;
};

/** The comparison as a table, side by side. */
export const markdownOf = ({ faults, healthy, failedScrapes, cost }: Report): string => {
  const names = [...new Set(faults.map(({ fault }) => fault))];
  const runsOf = (name: FaultName): FaultRun[] => faults.filter(({ fault }) => fault === name);
  const { life } = healthy;
  const byPolicy = (alarms: readonly Alarm[]): string => {
    const counts = Map.groupBy(alarms, ({ policy }) => policy);
    return [...counts].map(([policy, { length }]) => `${length} ${policy}`).join(', ');
  };
  return [
    row('fault → first right write', (system) => heads[system]),
    row('---', () => '---'),
    ...names.map((name) => row(titles[name], (system) => spreadOf(runsOf(name).map(({ seconds }) => seconds[system])))),
    ...(names.includes('memory-leak')
      ? [row('leak, before the kill', (system) => spreadOf(leadsOf(runsOf('memory-leak'), system)))]
      : []),
    row('written before there was a fault', (system) =>
      String(faults.filter(({ early }) => early.includes(system)).length),
    ),
    row(
      `false alarms in ${healthy.minutes} min of ${life.rollouts} rollouts, ${life.scalings} scalings, ${life.jobs} Jobs, ${life.imageWaits} late images (${healthy.podsStarted} pods)`,
      (system) => {
        const alarms = healthy.falseAlarms[system];
        return alarms.length === 0 ? '0' : `${alarms.length}: ${byPolicy(alarms)}`;
      },
    ),
    row('of these as far as a write', (system) => String(healthy.written[system])),
    row('scrapes of the healthy node that failed', (system) => {
      const share = failedScrapes[system];
      return share === undefined ? '–' : `${(share * 100).toFixed(1)} %`;
    }),
    row('CPU and memory', (system) => costOf(cost, system)),
    '',
  ].join('\n');
};
