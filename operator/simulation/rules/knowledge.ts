import { shown, valueAt } from '../../actions/json.ts';
import { parseTime } from '../../kube/time.ts';
import type { RuleMaker, TargetWrite } from '../rule.ts';
import { leaseName } from '../slots.ts';
import { actingOf } from './acting.ts';

/** 5. Nothing is done on stale or unknown data: the policy says that it fires, by samples that are not old. */
export const freshData: RuleMaker = () => ({
  name: '5 fresh data',
  targetWrite: (write) => {
    const remediation = actingOf(write);
    if (remediation === undefined) return undefined;
    const { engine, context, policies } = write.replica;
    const { namespace, name } = remediation.metadata;
    if (!engine.isLive) return `${name} acts before the stream was read`;
    const incident = context.kinds.incidents.get(`${namespace}/${remediation.spec.incidentRef.name}`);
    const policy = incident && policies.get(incident.spec.policyRef.uid)?.policy;
    if (incident === undefined || policy === undefined) return `${name} acts, and no policy judges its target`;
    const { target } = remediation.spec;
    const startedMs = parseTime(remediation.status?.startedTime) ?? Infinity;
    const told = engine.verdicts(incident.spec.policyRef.uid);
    const own = told.filter((verdict) => verdict.target.uid === target.uid);
    const judged =
      own.length > 0
        ? own
        : told.filter(
            (verdict) =>
              target.workload !== undefined &&
              verdict.target.workload?.uid === target.workload.uid &&
              (verdict.target.startedMs ?? 0) >= startedMs - 1000,
          );
    const firing = judged.find(({ state }) => state === 'Firing' || state === 'Clearing');
    if (firing === undefined) return `${name} acts, and its target does not fire`;
    const ageMs = context.clock.now() - firing.lastSampleMs;
    return ageMs > policy.spec.staleAfterSeconds * 1000
      ? `${name} acts on a sample that is ${ageMs / 1000} s old`
      : undefined;
  },
});

/** Only who holds the Lease acts: by the Lease as it is stored, whatever the process believes. */
export const onlyTheLeader: RuleMaker = () => ({
  name: '2 only the leader',
  targetWrite: (write: TargetWrite, history) => {
    if (actingOf(write) === undefined) return undefined;
    const { origin, isLeader } = write.replica;
    if (!isLeader) return `${origin} acts and does not lead`;
    const lease = [...history.objects.values()].find(
      ({ kind, metadata }) => kind === 'Lease' && metadata.name === leaseName,
    );
    const holder = valueAt(lease, '/spec/holderIdentity');
    return holder === origin ? undefined : `${origin} acts, and ${shown(holder)} holds the Lease`;
  },
});
