import { metricNamed } from '../../metrics.ts';
import type { CompiledDetector, DetectorBank } from '../detector.ts';
import { compileDetector } from '../registry.ts';

/** When all series begin, and how far apart their values are. */
export const startMs = Date.UTC(2026, 0, 1);
export const stepMs = 10_000;

/** Reproducible noise of 0 to 1. */
export const noise = (i: number): number => {
  const x = Math.sin(i * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

/** A detector of a metric; throws what is wrong with its parameters. */
export function compiled(detect: object, metric: string): CompiledDetector {
  const found = metricNamed(metric);
  if (found === undefined) throw new Error(`no metric ${metric}`);
  const detector = compileDetector(detect, found);
  if (!('create' in detector)) throw new Error(JSON.stringify(detector));
  return detector;
}

/** Slots before a series' own that its siblings have. */
const siblings = 5;

/** A bank with one series, fed a value a step, among siblings that show what `usual` says. */
export class OneSeries {
  readonly bank: DetectorBank;
  readonly slot: number;
  readonly #usual: (i: number) => number;
  readonly #lastSampleMs: Float64Array;
  readonly #slots: Int32Array;
  readonly #groups: Int32Array;
  step = 0;

  constructor(bank: DetectorBank, usual: (i: number) => number = () => NaN, slot = siblings) {
    this.bank = bank;
    this.slot = slot;
    this.#usual = usual;
    this.#lastSampleMs = new Float64Array(slot + 1).fill(startMs);
    this.#slots = Int32Array.from({ length: siblings + 2 }, (_, i) => (i === 0 ? -1 : slot - siblings - 1 + i));
    this.#groups = new Int32Array(slot + 1);
    bank.grow(slot + 1);
  }

  /** Goes on where another one stands. */
  resume(other: OneSeries): void {
    this.step = other.step;
    this.bank.load(this.slot, other.saved);
    this.#lastSampleMs[this.slot] = other.#lastSampleMs[other.slot] ?? startMs;
  }

  /** All there is of it. */
  get saved(): Float64Array {
    return this.bank.save(this.slot);
  }

  /** What it says now. */
  get says(): readonly [firing: boolean, confidence: number, finding: string] {
    const { bank, slot } = this;
    const firing = bank.firing[slot] !== 0;
    return [firing, firing ? bank.confidence(slot) : 0, firing ? bank.finding(slot) : ''];
  }

  /** Answers whether it fires after one value more; `lateMs` earlier than it should have been read. */
  give(value: number, lateMs = 0): boolean {
    const tMs = startMs + this.step * stepMs - lateMs;
    if (!Number.isNaN(value)) this.#lastSampleMs[this.slot] = Math.max(tMs, this.#lastSampleMs[this.slot] ?? tMs);
    const usual = this.#usual;
    const step = this.step++;
    const mayFire = this.bank.judge({
      slots: this.#slots,
      length: this.#slots.length,
      values: Float64Array.from(this.#slots, (slot, i) =>
        slot < 0 ? 1e9 : slot === this.slot ? value : usual(step * siblings + i),
      ),
      tMs,
      lastSampleMs: this.#lastSampleMs,
      groups: this.#groups,
    });
    if (!mayFire && this.#slots.some((slot) => slot >= 0 && this.bank.firing[slot] !== 0))
      throw new Error('a slot fires, and the bank says that none does');
    return this.bank.firing[this.slot] !== 0;
  }
}
