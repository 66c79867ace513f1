/**
 * Faults as they look in a series. A fault changes the values from its beginning on, in proportion to what the series
 * itself was before; counters are changed in how fast they rise.
 */
import { metricNamed, type Metric } from '../../../engine/metrics.ts';
import { quantityNumber } from '../../../engine/quantity.ts';

export const faultKinds = ['spike', 'shift', 'drift', 'stuck', 'dropout', 'kill'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How long each lasts, in milliseconds. */
export const faultMs: Readonly<Record<FaultKind, number>> = {
  spike: 3_000,
  shift: 120_000,
  drift: 300_000,
  stuck: 120_000,
  dropout: 60_000,
  kill: 30_000,
};

/** What a signal of a policy looks out for. */
export interface Aim {
  readonly metric: string;
  readonly direction: 1 | -1;
  /** The value that stands for a state which the signal fires on. */
  readonly state?: number;
  /** The level that it compares values with, or of a counter by how much it must have risen. */
  readonly level?: number;
}

/** Where the signal looks: down when its detector says so, to its first state when it is about states, else up. */
export function aimOf({
  metric,
  detect,
  window,
}: {
  readonly metric: string;
  readonly detect: object;
  readonly window?: { readonly aggregate: string } | undefined;
}): Aim {
  const [parameters = {}] = Object.values(detect) as object[];
  const given = parameters as Readonly<Record<string, unknown>>;
  const isDown =
    (given['below'] !== undefined && given['above'] === undefined) ||
    given['direction'] === 'Below' ||
    given['direction'] === 'Falling';
  const named = Array.isArray(given['in']) ? String(given['in'][0]) : undefined;
  const states = metricNamed(metric)?.states;
  const state = named === undefined ? undefined : (states?.[named] ?? Number(named));
  const level = levels.map((name) => given[name]).find((one) => typeof one === 'string');
  const isComparable = !incomparable.has(window?.aggregate ?? 'Last');
  return {
    metric,
    direction: isDown ? -1 : 1,
    ...(state !== undefined && { state }),
    ...(level !== undefined && isComparable && { level: quantityNumber(level) }),
  };
}

const levels = ['above', 'below', 'reaches'];
/** Aggregates that are of another kind than the values. */
const incomparable = new Set(['Slope', 'Rate', 'Count']);

/** Values before the fault from which its size is taken. */
const pastValues = 300;
/** A fault is so many times as great as the series’ usual deviation, at least. */
const deviations = 8;
/** A process that was killed is away for so long, and needs so long to be as it was. */
const [awayMs, warmingMs] = [2_000, 20_000];
/** Kills follow each other at this distance. */
const killEveryMs = 10_000;

/** One fault in one series. */
export class FaultySeries {
  readonly #kind: FaultKind;
  readonly #startMs: number;
  readonly #aim: Aim;
  readonly #metric: Pick<Metric, 'kind' | 'unit'>;
  #past: number[] = [];
  #size = 0;
  #first = NaN;
  /** A counter’s value at the end of a `stuck`, or of a process that was killed. */
  #held: number | undefined;

  constructor(kind: FaultKind, startMs: number, aim: Aim) {
    this.#kind = kind;
    this.#startMs = startMs;
    this.#aim = aim;
    this.#metric = metricNamed(aim.metric) ?? { kind: 'gauge', unit: '1' };
  }

  /** What is told instead of a value; times must rise. */
  at(value: number, tMs: number): number {
    const sinceMs = tMs - this.#startMs;
    if (sinceMs < 0) {
      if (!Number.isNaN(value)) this.#past.push(value);
      if (this.#past.length > pastValues) this.#past.shift();
      return value;
    }
    if (Number.isNaN(this.#first) && !Number.isNaN(value)) {
      this.#first = value;
      this.#size = this.#metric.kind === 'counter' ? this.#rateSize() : this.#levelSize();
    }
    const isOver = sinceMs >= faultMs[this.#kind];
    if (this.#kind === 'dropout') return isOver ? value : NaN;
    if (this.#metric.kind === 'counter') return this.#counter(value, sinceMs, isOver);
    return isOver ? value : (this.#aim.state ?? Math.max(0, this.#gauge(value, sinceMs)));
  }

  #gauge(value: number, sinceMs: number): number {
    const by = this.#aim.direction * this.#size;
    switch (this.#kind) {
      case 'stuck':
        return this.#first;
      case 'drift':
        return value + (by * sinceMs) / faultMs.drift;
      case 'kill':
        return sinceMs < awayMs ? NaN : value * Math.min(1, (sinceMs - awayMs) / warmingMs);
      case 'spike':
      case 'shift':
      case 'dropout':
        return value + by;
    }
  }

  #counter(value: number, sinceMs: number, isOver: boolean): number {
    const lastingMs = Math.min(sinceMs, faultMs[this.#kind]);
    const seconds = lastingMs / 1000;
    switch (this.#kind) {
      case 'spike':
        return value + this.#size;
      case 'shift':
        return value + this.#size * (seconds + 1);
      case 'drift':
        return value + (this.#size * seconds * (seconds + 1)) / (2 * (faultMs.drift / 1000));
      case 'stuck':
        if (!isOver || Number.isNaN(value)) return this.#first;
        this.#held ??= value;
        return this.#first + value - this.#held;
      case 'kill':
        // What counts events counts this one; what counts work begins anew with the process.
        if (this.#metric.unit.startsWith('{')) return value + Math.floor(lastingMs / killEveryMs) + 1;
        this.#held ??= value;
        return value - this.#held;
      case 'dropout':
        return value;
    }
  }

  /** A share goes to its end; any other level doubles; either goes far beyond its noise, and past what it is compared with. */
  #levelSize(): number {
    const median = medianOf(this.#past.length > 0 ? this.#past : [this.#first]);
    const distances = this.#past.map((value) => Math.abs(value - median));
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / Math.max(1, distances.length);
    // Both estimate the deviation of normal noise; the median alone knows nothing of values that alternate.
    const spread = Math.max(1.4826 * (medianOf(distances) || 0), 1.2533 * mean);
    const isShare = this.#metric.unit === '1';
    const whole = isShare ? (this.#aim.direction > 0 ? Math.max(0.1, 1 - median) : median) : Math.abs(median);
    const { level = median, direction } = this.#aim;
    return Math.max(deviations * spread, whole, direction * (level - median) + 0.1 * Math.abs(level));
  }

  /** Per sample: far beyond what the counter rises by usually, more than it is compared with, and one at least. */
  #rateSize(): number {
    const rises = this.#past.slice(1).map((value, i) => Math.max(0, value - (this.#past[i] ?? value)));
    return Math.max(1, deviations * Math.max(0, ...rises), Math.floor(this.#aim.level ?? 0) + 1);
  }
}

function medianOf(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? NaN;
}
