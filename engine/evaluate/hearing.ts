import { grown } from '../windows/pane-window.ts';
import type { Values } from '../windows/window.ts';
import type { FrameLog } from './frame-log.ts';

/** A column of a source that tells a signal of some slots. */
export class Teller {
  readonly log: FrameLog;
  /** Whether nobody else tells of any of its slots. */
  isAlone = true;
  /** When it told of all its slots at once last; -Infinity when it never has. */
  allMs = -Infinity;

  constructor(log: FrameLog) {
    this.log = log;
  }
}

/**
 * When the newest sample of each slot of a signal was read, and who told it. A column that has a value for each of its
 * slots, and that is alone in telling of them, is noted once instead of slot by slot: with very many slots, reaching
 * their times costs as much as a threshold. The newest time of a slot is the later one of its own and its teller's.
 */
export class Hearing {
  /** For each slot, the same as `lastMs` of those samples that were noted one by one. */
  ownMs = new Float64Array(0);
  /** For each slot: 1 once one was. */
  #heard = new Uint8Array(0);
  /** For each slot, how many rows of sources tell the metric, be it missing or not. */
  #rows = new Int32Array(0);
  /** Who told the newest sample, or will. */
  readonly #tellers: (Teller | undefined)[] = [];
  readonly #isOneByOne: boolean;

  /** Who reads `ownMs` needs all samples noted one by one. */
  constructor(isOneByOne: boolean) {
    this.#isOneByOne = isOneByOne;
  }

  grow(slots: number): void {
    this.ownMs = grown(this.ownMs, new Float64Array(slots));
    this.#heard = grown(this.#heard, new Uint8Array(slots));
    this.#rows = grown(this.#rows, new Int32Array(slots));
  }

  reset(slot: number, nowMs: number): void {
    this.ownMs[slot] = nowMs;
    this.#heard[slot] = 0;
    this.#rows[slot] = 0;
    this.#tellers[slot] = undefined;
  }

  /** Notes that one row more tells of a slot. A source that is connected anew has another teller then, and both for a while. */
  addRow(slot: number, teller: Teller): void {
    const rows = this.rows(slot) + 1;
    this.#rows[slot] = rows;
    const before = this.#tellers[slot];
    if (before === undefined || before === teller) {
      this.#tellers[slot] = teller;
      return;
    }
    if (before.log === teller.log) teller.isAlone &&= before.isAlone;
    else if (rows > 1) teller.isAlone = before.isAlone = false;
    this.toldBy(slot, teller);
  }

  removeRow(slot: number): void {
    this.#rows[slot] = this.rows(slot) - 1;
  }

  /** How many rows of sources tell of a slot. */
  rows(slot: number): number {
    return this.#rows[slot] as number;
  }

  /** Notes who has told of a slot last. */
  toldBy(slot: number, teller: Teller): void {
    if (this.#tellers[slot] === teller) return;
    if (this.isHeard(slot)) {
      this.ownMs[slot] = this.lastMs(slot);
      this.#heard[slot] = 1;
    }
    this.#tellers[slot] = teller;
  }

  /** Notes samples, NaN being none; `isWhole` says that there is one for each of the teller's slots. */
  take(teller: Teller, isWhole: boolean, slots: Int32Array, values: Values, length: number, tMs: number): void {
    if (isWhole && teller.isAlone && !this.#isOneByOne) {
      if (tMs > teller.allMs) teller.allMs = tMs;
      return;
    }
    const { ownMs } = this;
    const heard = this.#heard;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || Number.isNaN(values[i])) continue;
      if (tMs > (ownMs[slot] as number)) ownMs[slot] = tMs;
      heard[slot] = 1;
    }
  }

  /** When the newest sample of a slot was read; before the first, since when one is waited for. */
  lastMs(slot: number): number {
    return Math.max(this.ownMs[slot] ?? NaN, this.#tellers[slot]?.allMs ?? -Infinity);
  }

  /** Writes `lastMs` of `slots` to `out`; of those below 0 nothing. */
  readLastMs(slots: Int32Array, length: number, out: Float64Array): void {
    const { ownMs } = this;
    const tellers = this.#tellers;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0) continue;
      const ownLastMs = ownMs[slot] as number;
      const teller = tellers[slot];
      out[i] = teller !== undefined && teller.allMs > ownLastMs ? teller.allMs : ownLastMs;
    }
  }

  /** Whether there was a sample of a slot. */
  isHeard(slot: number): boolean {
    return this.#heard[slot] !== 0 || (this.#tellers[slot]?.allMs ?? -Infinity) > -Infinity;
  }

  /** Who told the newest sample of a slot, or will. */
  log(slot: number): FrameLog | undefined {
    return this.#tellers[slot]?.log;
  }
}
