import type { Metric } from '../metrics.ts';
import { isInfinite } from '../series/infinite.ts';
import { latenessMs, type Values } from '../windows/window.ts';
import { Moments } from './moments.ts';
import { Spikes } from './spikes.ts';
import { Stillness } from './stillness.ts';
import type { SampleQuality } from './verdict.ts';

type OwnFlaws = Pick<SampleQuality, 'resets' | 'infinite' | 'late' | 'outliers' | 'flatMs'>;

/** What is wrong with the samples of a signal, slot by slot; what is missing in a window, the window knows. */
export class Flaws {
  readonly #resets = new Moments();
  readonly #infinite = new Moments();
  readonly #late = new Moments();
  readonly #outliers = new Moments();
  readonly #stillness: Stillness | undefined;
  readonly #spikes: Spikes | undefined;

  /** Outliers are looked for when it is said how many deviations away they are. */
  constructor({ restless }: Pick<Metric, 'restless'>, outlierDeviations?: number) {
    if (restless === true) this.#stillness = new Stillness();
    if (outlierDeviations !== undefined) this.#spikes = new Spikes(outlierDeviations);
  }

  /** How often counters have come with less than before. */
  get resets(): number {
    return this.#resets.total;
  }

  /** Infinite samples that were left out. */
  get infinite(): number {
    return this.#infinite.total;
  }

  /** Single values far away from those before and after them. */
  get outliers(): number {
    return this.#outliers.total;
  }

  /** Whether a stuck sensor can be told from one that works. */
  get seesStillness(): boolean {
    return this.#stillness !== undefined;
  }

  grow(slots: number): void {
    this.#stillness?.grow(slots);
    this.#spikes?.grow(slots);
  }

  reset(slot: number): void {
    this.#resets.reset(slot);
    this.#infinite.reset(slot);
    this.#late.reset(slot);
    this.#outliers.reset(slot);
    this.#stillness?.reset(slot);
    this.#spikes?.reset(slot);
  }

  /** Takes finite samples, for whether they move, and which stand alone. */
  take(slots: Int32Array, values: Values, length: number, tMs: number): void {
    this.#stillness?.take(slots, values, length, tMs);
    this.#spikes?.take(slots, values, length, (slot) => this.#outliers.note(slot, tMs));
  }

  /** Notes the slots whose samples came too late for what is there already, given when that was read. */
  noteLate(slots: Int32Array, values: Values, length: number, tMs: number, newestMs: (slot: number) => number): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || Number.isNaN(values[i])) continue;
      const heardMs = newestMs(slot);
      if (heardMs - tMs > latenessMs) this.#late.note(slot, heardMs);
    }
  }

  /** Notes the slots whose values are infinite. */
  noteInfinite(slots: Int32Array, values: Values, length: number, tMs: number): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot >= 0 && isInfinite(values[i] as number)) this.#infinite.note(slot, tMs);
    }
  }

  /** Notes those slots, at the first `count` of `which`, whose counters began anew. */
  noteResets(slots: Int32Array, which: Int32Array, count: number, tMs: number): void {
    for (let k = 0; k < count; k++) {
      const slot = slots[which[k] as number] as number;
      if (slot >= 0) this.#resets.note(slot, tMs);
    }
  }

  /** Of the samples of a slot in the `spanMs` before its newest one, and since. */
  of(slot: number, newestMs: number, spanMs: number): OwnFlaws {
    return {
      resets: this.#resets.after(slot, newestMs - spanMs),
      infinite: this.#infinite.after(slot, newestMs - spanMs),
      late: this.#late.after(slot, newestMs - spanMs),
      outliers: this.#outliers.after(slot, newestMs - spanMs),
      flatMs: this.#stillness?.flatMs(slot, newestMs) ?? 0,
    };
  }
}
