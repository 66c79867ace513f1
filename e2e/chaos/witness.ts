import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import type { Recorder } from '../runner/recorder.ts';
import { patienceMs, until } from '../runner/world.ts';

/** What a watch saw since a moment: it owes nothing to what the operator says of itself. */
export class Witness {
  readonly #recorder: Recorder;
  readonly sinceMs: number;

  constructor(recorder: Recorder, sinceMs: number) {
    this.#recorder = recorder;
    this.sinceMs = sinceMs;
  }

  /** Each change of a node's cordon; it is taken to have had none before. */
  cordonsOf(node: string): boolean[] {
    const states = this.#seen('Node')
      .filter(({ object }) => object.metadata.name === node)
      .map(({ object }) => (object as NodeObject).spec?.unschedulable === true);
    return states.filter((state, index) => state !== (states[index - 1] ?? false));
  }

  /** Resolves when the node's last change is this one. */
  cordoned(node: string, wanted: boolean): Promise<true> {
    const what = `${node} to be ${wanted ? 'cordoned' : 'uncordoned'}`;
    return until(what, patienceMs, () => Promise.resolve(this.cordonsOf(node).at(-1) === wanted || undefined), 20);
  }

  /** Names of what was created. */
  created(kind: 'Incident' | 'Remediation'): string[] {
    const added = this.#seen(kind).filter(({ type }) => type === 'ADDED');
    return [...new Set(added.map(({ object }) => object.metadata.name))];
  }

  /** The one Remediation, once its condition of this type has this reason; rejects when there is another one. */
  only(type: string, reason: string): Promise<Remediation> {
    return until(`a Remediation with ${type} ${reason}`, patienceMs, () => {
      const names = this.created('Remediation');
      if (names.length !== 1) throw new Error(`there are ${names.length} Remediations: ${names.join(', ')}`);
      const latest = this.latest();
      const conditions = latest?.status?.conditions;
      if (latest !== undefined && findCondition(conditions, type)?.reason === reason) return Promise.resolve(latest);
      throw new Error(JSON.stringify(conditions));
    });
  }

  /** The last that was seen of a Remediation. */
  latest(): Remediation | undefined {
    return this.#seen('Remediation').at(-1)?.object as Remediation | undefined;
  }

  #seen(kind: string) {
    return this.#recorder.observations.filter((seen) => seen.kind === kind && seen.atMs >= this.sinceMs);
  }
}

/** Calls `act` as soon as a watch shows the pre-image of a Remediation of this target. */
export const oncePrepared = (recorder: Recorder, target: string, act: () => void): void => {
  const stop = recorder.onChange(({ kind, object }) => {
    if (kind !== 'Remediation' || (object as Incident | Remediation).spec.target.name !== target) return;
    if ((object as Remediation).status?.steps?.some(({ changes }) => (changes ?? []).length > 0) !== true) return;
    stop();
    act();
  });
};

type NodeObject = KubeObject & { spec?: { unschedulable?: boolean } };
