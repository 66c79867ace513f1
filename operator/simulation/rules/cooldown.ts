import type { Remediation } from '../../../crds/remediation.ts';
import type { RemediationPlanSpec } from '../../../crds/remediation-plan.ts';
import { parseTime } from '../../kube/time.ts';
import type { Replica } from '../replica.ts';
import type { RuleMaker } from '../rule.ts';
import { begins, targetOf } from './one-per-target.ts';

/** 2. After a Remediation its target rests, and so does a pod that came in the place of its target. */
export const cooldown: RuleMaker = () => {
  const restsMs = new Map<string, number>();
  /** When a Remediation began, by the true time. */
  const begunMs = new Map<string, number>();
  return {
    name: '2 cooldown',
    ownWrite: ({ replica, before, after }) => {
      if (!begins(before, after)) return undefined;
      const { namespace, uid = '' } = after.metadata;
      const plan = replica.context.kinds.plans.get(`${namespace}/${after.spec.planRef.name}`);
      restsMs.set(uid, restOf(plan?.spec.guards, attemptsInVain(replica, after)));
      return undefined;
    },
    commit: ({ change, atMs }, history) => {
      if (change.resource.kind !== 'Remediation' || change.type === 'DELETED') return undefined;
      const self = change.object as Remediation;
      if (!begins(change.old as Remediation | undefined, self)) return undefined;
      begunMs.set(self.metadata.uid ?? '', atMs);
      const restMs = restsMs.get(self.metadata.uid ?? '') ?? 0;
      const created = parseTime(history.objects.get(self.spec.target.uid)?.metadata.creationTimestamp);
      const startMs = parseTime(self.status?.startedTime) ?? 0;
      for (const other of history.remediations.values()) {
        if (other.metadata.uid === self.metadata.uid || !precedes(other, self, created)) continue;
        // Whoever was made before that one truly began need not have known of it.
        const isKnown =
          targetOf(other) === targetOf(self) || (created ?? 0) >= (begunMs.get(other.metadata.uid ?? '') ?? Infinity);
        if (!isKnown) continue;
        const endMs = parseTime(other.status?.finishedTime);
        const [name, before] = [self.metadata.name, other.metadata.name];
        if (endMs === undefined) return `${name} begins, and ${before}, of the pod before, has not ended`;
        // Both are on record, and it is by the record that whoever begins counts.
        if (startMs < endMs + restMs) return `${name} begins ${startMs - endMs} ms after ${before}, not ${restMs}`;
      }
      return undefined;
    },
  };
};

type Guards = RemediationPlanSpec['guards'];

/** As documented: after each further attempt in vain so many times as long, and no longer than the longest. */
function restOf(guards: Pick<Guards, 'cooldownSeconds' | 'backoff'> | undefined, inVain: number): number {
  if (guards === undefined) return 0;
  const { cooldownSeconds, backoff } = guards;
  if (backoff === undefined || inVain < 2) return cooldownSeconds * 1000;
  return Math.min(cooldownSeconds * backoff.factor ** (inVain - 1), backoff.maxSeconds) * 1000;
}

/** How many attempts of the plan at this very target have ended since one that helped, as the process knows. */
function attemptsInVain(replica: Replica, self: Remediation): number {
  const ended = (replica.snapshot() ?? [])
    .filter((other) => targetOf(other) === targetOf(self) && other.spec.planRef.name === self.spec.planRef.name)
    .filter(({ status }) => status?.startedTime !== undefined && status.finishedTime !== undefined)
    .toSorted((a, b) => (parseTime(a.status?.startedTime) ?? 0) - (parseTime(b.status?.startedTime) ?? 0));
  const helped = ended.findLastIndex(({ status }) =>
    status?.conditions?.some(({ type, reason }) => type === 'Succeeded' && reason === 'Recovered'),
  );
  return ended.length - 1 - helped;
}

/** Of the same target, or of a pod of the same workload that was there before this one was made. */
function precedes(other: Remediation, self: Remediation, createdMs: number | undefined): boolean {
  const began = parseTime(other.status?.startedTime);
  if (began === undefined) return false;
  if (targetOf(other) === targetOf(self)) return other.status?.finishedTime !== undefined;
  const [a, b] = [other.spec.target, self.spec.target];
  const isPod = a.kind === b.kind && (a.kind === 'Pod' || a.kind === 'Container');
  const sameWorkload = a.workload !== undefined && a.workload.uid === b.workload?.uid && a.container === b.container;
  return isPod && sameWorkload && createdMs !== undefined && createdMs >= began;
}
