import type { ContainerStatus, TerminatedState } from '../views.ts';

interface Counted {
  readonly count: number;
  /** The failed ends that the status shows at present: the last run’s and the present one’s. */
  readonly shown: readonly string[];
}

/**
 * Counts how often containers have ended with another exit code than 0. The status shows an end twice, first as the
 * present state and, after the restart, as the last one; and it shows two at once when a container has ended again.
 * Only ends that appear while a container is watched count: what a first look shows has happened before.
 */
export class Failures {
  /** Of those of which there is anything to say, by pod UID, then by the container’s name. */
  readonly #pods = new Map<string, Map<string, Counted>>();

  /** Looks at a container; answers its failures so far. `isNew`: its pod has never been looked at. */
  look(podUid: string, container: string, status: ContainerStatus | undefined, isNew: boolean): number {
    const pod = this.#pods.get(podUid);
    const old = pod?.get(container) ?? { count: 0, shown: [] };
    const shown = [status?.lastState?.terminated, status?.state?.terminated].filter(isFailure).map(nameOf);
    const appeared = isNew ? 0 : shown.filter((end) => !old.shown.includes(end)).length;
    const now = { count: old.count + appeared, shown };
    if (pod !== undefined) pod.set(container, now);
    else if (now.count > 0 || shown.length > 0) this.#pods.set(podUid, new Map([[container, now]]));
    return now.count;
  }

  forget(podUid: string): void {
    this.#pods.delete(podUid);
  }
}

const isFailure = (end: TerminatedState | undefined): end is TerminatedState => end !== undefined && end.exitCode !== 0;

/** What tells one end from another. */
const nameOf = ({ containerID, finishedAt, startedAt }: TerminatedState): string =>
  `${containerID ?? ''} ${startedAt ?? ''} ${finishedAt ?? ''}`;
