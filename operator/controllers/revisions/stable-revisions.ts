/**
 * Which revisions of workloads were available: of which at least one pod was ready for a minute on end. Kubernetes keeps the
 * templates that a workload had, and not whether any of them ever worked; so it is noted as the watch of pods tells it.
 */
import { monotonicMs, type Clock } from '../../kube/clock.ts';

/** A pod that is ready for a moment and dies then has not shown that its template works. */
export const stableMs = 60_000;

/** What is known of one revision. */
interface Revision {
  /** How many of its pods are ready, and since when there has always been one. */
  ready: number;
  sinceMs: number;
  isStable: boolean;
}

/** A revision: the UID of the controller that makes its pods, and its hash where that one has several (else empty). */
export type RevisionKey = readonly [controllerUid: string, hash: string];

export class StableRevisions {
  readonly #clock: Clock;
  readonly #revisions = new Map<string, Map<string, Revision>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One of its pods has become ready. */
  podReady(key: RevisionKey): void {
    const revision = this.#get(key);
    if (revision.ready++ === 0) revision.sinceMs = monotonicMs(this.#clock);
  }

  /** One of its pods that were ready is not any more. */
  podUnready([controller, hash]: RevisionKey): void {
    const revision = this.#revisions.get(controller)?.get(hash);
    // Those of a controller that is gone are forgotten before its pods are.
    if (revision === undefined || revision.ready === 0) return;
    revision.isStable = this.#isStable(revision);
    revision.ready--;
  }

  /** How many pods of a controller are ready. */
  ready(controller: string): number {
    return [...(this.#revisions.get(controller)?.values() ?? [])].reduce((sum, { ready }) => sum + ready, 0);
  }

  has([controller, hash]: RevisionKey): boolean {
    const revision = this.#revisions.get(controller)?.get(hash);
    return revision !== undefined && this.#isStable(revision);
  }

  /** Those of a controller. */
  of(controller: string): RevisionKey[] {
    return [...(this.#revisions.get(controller) ?? [])].flatMap(([hash, revision]): RevisionKey[] =>
      this.#isStable(revision) ? [[controller, hash]] : [],
    );
  }

  /** Another process has seen it. */
  restore(key: RevisionKey): void {
    this.#get(key).isStable = true;
  }

  /** The controller is gone, and its revisions are with it. */
  forget(controller: string): void {
    this.#revisions.delete(controller);
  }

  #isStable({ ready, sinceMs, isStable }: Revision): boolean {
    return isStable || (ready > 0 && monotonicMs(this.#clock) - sinceMs >= stableMs);
  }

  #get([controller, hash]: RevisionKey): Revision {
    let known = this.#revisions.get(controller);
    if (known === undefined) this.#revisions.set(controller, (known = new Map<string, Revision>()));
    let revision = known.get(hash);
    if (revision === undefined) known.set(hash, (revision = { ready: 0, sinceMs: 0, isStable: false }));
    return revision;
  }
}
