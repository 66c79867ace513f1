import type { Evaluator } from '../../engine/evaluate/evaluator.ts';
import type { RowIdentity } from '../../engine/evaluate/target.ts';
import type { Keyframe } from '../../engine/frame/types.ts';
import type { Join } from './join.ts';

type Identities = readonly (RowIdentity | undefined)[];

/**
 * Told of every binding: with which keyframe a source is read from now on (event time), and whose its rows are;
 * undefined: it is forgotten.
 */
export type OnBound = (key: string, keyframe: Keyframe | undefined, atMs: number, identities: Identities) => void;

type Bound = [key: string, keyframe: Keyframe | undefined, identities: Identities];

/** Tells the evaluator how the frames of each source are to be read and whose they are, whenever that changes. */
export class Bindings {
  readonly #evaluator: Pick<Evaluator, 'bind' | 'unbind'>;
  readonly #join: Join;
  readonly #onBound: (...bound: Bound) => void;
  readonly #bound = new Map<string, { readonly keyframe: Keyframe; unboundRows: number }>();
  #unboundRows = 0;

  constructor(
    evaluator: Pick<Evaluator, 'bind' | 'unbind'>,
    join: Join,
    onBound: (...bound: Bound) => void = () => {},
  ) {
    this.#evaluator = evaluator;
    this.#join = join;
    this.#onBound = onBound;
  }

  /** Rows of all sources that belong to no known object. */
  get unboundRows(): number {
    return this.#unboundRows;
  }

  /** Frames of this source are read with this keyframe from now on. Does nothing when they are already. */
  use(key: string, keyframe: Keyframe): void {
    if (this.#bound.get(key)?.keyframe !== keyframe) this.#bind(key, keyframe);
  }

  /** Binds the sources anew in which an object has changed. */
  refresh(): void {
    if (!this.#join.hasTouched) return;
    for (const key of this.#join.takeTouched()) {
      const bound = this.#bound.get(key);
      if (bound !== undefined) this.#bind(key, bound.keyframe);
    }
  }

  forget(key: string): void {
    this.#unboundRows -= this.#bound.get(key)?.unboundRows ?? 0;
    if (!this.#bound.delete(key)) return;
    this.#join.release(key);
    this.#evaluator.unbind(key);
    this.#onBound(key, undefined, []);
  }

  #bind(key: string, keyframe: Keyframe): void {
    const identities = this.#join.bind(key, keyframe);
    const unboundRows = identities.filter((identity) => identity === undefined).length;
    this.#unboundRows += unboundRows - (this.#bound.get(key)?.unboundRows ?? 0);
    this.#bound.set(key, { keyframe, unboundRows });
    this.#evaluator.bind(key, keyframe, identities);
    this.#onBound(key, keyframe, identities);
  }
}
