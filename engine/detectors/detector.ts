import type { Metric } from '../metrics.ts';
import type { Infer, Schema } from '../schema.ts';
import type { Values } from '../windows/window.ts';

/** A column of values to judge: `values[i]` is what the window of `slots[i]` yields, -1 is nobody's slot. */
export interface Batch {
  readonly slots: Int32Array;
  readonly length: number;
  /** NaN: no value, which is never a fault by itself. */
  readonly values: Float64Array;
  readonly tMs: number;
  /** Who judges `Silence`: for each slot, when its newest sample was read; before the first, since when one is waited for. */
  readonly lastSampleMs: Float64Array;
  /** For each slot, which group of peers its target is one of, a number less than that of slots; -1 is none. */
  readonly groups: Int32Array;
}

/**
 * The state of one detector for many series, one slot each, in typed arrays of a fixed size per slot. Costs O(1) a
 * value and allocates nothing per value. What it answers depends on the calls alone.
 */
export interface DetectorBank {
  /** For each slot: not 0 while the detector fires. */
  readonly firing: Uint8Array;
  /** Makes room for slots 0 to `slots` - 1 and copies what is there: ask in ever larger steps. New ones are as reset. */
  grow(slots: number): void;
  /** Makes a slot as new. */
  reset(slot: number): void;
  /** Answers false only if none of these slots fires then. */
  judge(batch: Batch): boolean;
  /** How sure it is of a slot that fires, 0 to 1, if all samples were there. */
  confidence(slot: number): number;
  /** What it found at a slot that fires, in words and numbers; empty when value and threshold say it all. */
  finding(slot: number): string;
  /** All there is of a slot; after `load`, another slot of a like bank goes on in the same way. */
  save(slot: number): Float64Array;
  load(slot: number, saved: Float64Array): void;
  /**
   * Detectors with `tells` only: writes part p of `slots[i]` to `out[p][i]`, NaN where there is nothing to say. Answers
   * whether any of them fires.
   */
  tell?(slots: Int32Array, length: number, out: readonly Float32Array[]): boolean;
  /**
   * The same: takes over what a like bank has told of these slots, instead of judging them. Absent parts, and NaN, say
   * that nothing fires; a slot whose first part is NaN stays as it is.
   */
  show?(slots: Int32Array, length: number, told: readonly (Values | undefined)[]): void;
  /**
   * The same: what is usual at a slot, for others of its kind to begin with; undefined while it has not learnt that, or
   * fires.
   */
  heritage?(slot: number): Float64Array | undefined;
}

/** A detector with its parameters. */
export interface CompiledDetector {
  /** What a value is compared with, in words, such as `> 90%`. */
  readonly threshold: string;
  /**
   * `Samples`: it speaks when a value comes. `Silence`: it also judges the passing of time, and needs no values.
   * `Peers`: it judges as time passes, all targets at once, by the value that each has then.
   */
  readonly judges: 'Samples' | 'Silence' | 'Peers';
  /**
   * How often what it says of a target is a new draw of chance: 1 less its confidence is then the chance of as much
   * while nothing is wrong. Absent: it says what is, and chance has no say.
   */
  readonly looksEveryMs?: number;
  /**
   * The parts of what its banks tell, when they can judge elsewhere than where the verdict is made: the first of all
   * that they judge, the others of what fires.
   */
  readonly tells?: readonly string[];
  create(): DetectorBank;
}

/** Something wrong with parameters; `path` is relative to them, such as `clearBelow` or `in[0]`. */
export interface ParameterProblem {
  readonly path: string;
  readonly message: string;
}

/** One way of judging a series. Its schema becomes a part of the DetectionPolicy's. */
export interface Detector<S extends Schema = Schema> {
  readonly schema: S;
  /** Parameters satisfy the schema; what a schema cannot say is answered as problems. */
  compile(parameters: Infer<S>, metric: Metric): CompiledDetector | readonly ParameterProblem[];
}

/** Infers the schema of a detector as a literal, and from it the type of its parameters. */
export const detector = <const S extends Schema>(definition: Detector<S>): Detector<S> => definition;
