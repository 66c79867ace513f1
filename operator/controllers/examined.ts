import type { Problem } from '../../engine/evaluate/policy-spec.ts';
import type { KubeObject } from '../kube/api.ts';
import { keyOf } from '../kube/store.ts';

interface Known {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly problems: readonly Problem[];
}

/** What is wrong with objects, found out once for each generation: a status is written all the time, a spec is not. */
export class Examined<T extends KubeObject> {
  readonly #examine: (object: T) => readonly Problem[];
  readonly #known = new Map<string, Known>();

  /** `examine` may look at nothing but name and spec; it is not shown the status, which has no generations. */
  constructor(examine: (object: T) => readonly Problem[]) {
    this.#examine = examine;
  }

  problemsOf(object: T): readonly Problem[] {
    const key = keyOf(object);
    const { uid, generation } = object.metadata;
    const known = this.#known.get(key);
    if (known !== undefined && known.uid === uid && known.generation === generation) return known.problems;
    const problems = this.#examine({ ...object, status: undefined });
    this.#known.set(key, { uid, generation, problems });
    return problems;
  }

  /** To be called with the key of what does not exist any more. */
  forget(key: string): void {
    this.#known.delete(key);
  }
}
