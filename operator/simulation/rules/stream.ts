/** What can be seen of the invariants of the stream without one: what a verdict says is followed, and once. */
import type { Incident } from '../../../crds/incident.ts';
import { parseTime } from '../../kube/time.ts';
import type { RuleMaker } from '../rule.ts';

const isOpen = ({ status }: Incident): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Resolved' && is === 'True') !== true;

const episodeOf = ({ spec: { policyRef, target } }: Incident): string =>
  `${policyRef.uid} ${target.kind}/${target.uid}/${target.container ?? ''}`;

/** 10. The same verdicts make the same Incident, whichever process is told of them and however often. */
export const oneIncident: RuleMaker = () => ({
  name: '10 one Incident',
  commit: ({ change }, history) => {
    if (change.resource.kind !== 'Incident' || change.type !== 'ADDED') return undefined;
    const self = change.object as Incident;
    const other = [...history.objects.values()].find(
      (each) =>
        each.kind === 'Incident' &&
        each.metadata.deletionTimestamp === undefined &&
        episodeOf(each as Incident) === episodeOf(self) &&
        isOpen(each as Incident),
    );
    return other && `${self.metadata.name} is opened while ${other.metadata.name} is open for ${episodeOf(self)}`;
  },
});

/** 10. What ends an episode comes after what began it: a process that is behind cannot say that it is over. */
export const endsAfterItBegan: RuleMaker = () => ({
  name: '10 ends after it began',
  commit: ({ change }) => {
    if (change.resource.kind !== 'Incident' || change.type !== 'MODIFIED') return undefined;
    const { metadata, spec, status } = change.object as Incident;
    // Who opened it died before it said by which sample: its date stands for that, and may be wrong.
    if (status?.firstSampleTime === spec.openedTime) return undefined;
    const resolved = status?.conditions?.find(({ type, status: is }) => type === 'Resolved' && is === 'True');
    const [beganMs, endedMs] = [parseTime(status?.firstSampleTime), parseTime(resolved?.lastTransitionTime)];
    if (resolved?.reason !== 'Recovered' || beganMs === undefined || endedMs === undefined) return undefined;
    // The end is known to the second.
    return endedMs + 1000 <= beganMs
      ? `${metadata.name} has recovered at ${resolved.lastTransitionTime}, and began at ${status?.firstSampleTime}`
      : undefined;
  },
});

/** A process knows the verdict for so long before it must have followed it. */
const soonMs = 10_000;

/** 11. No verdict is lost: when all is calm, whatever fires by a policy in force has its Incident. */
export const everythingIsFollowed: RuleMaker = () => ({
  name: '11 what fires is followed',
  calm: ({ history, leader: { engine, policies, process } }) => {
    if (!engine.isLive) return undefined;
    const open = new Set<string>();
    for (const object of history.objects.values())
      if (object.kind === 'Incident' && isOpen(object as Incident)) open.add(episodeOf(object as Incident));
    for (const { policy, compiled } of policies.list()) {
      if (policy.spec.mode !== 'Enforce') continue;
      for (const { state, sinceMs, target } of engine.verdicts(compiled.id)) {
        if (state !== 'Firing' || process.now() - sinceMs < soonMs) continue;
        if (!open.has(`${policy.metadata.uid} ${target.kind}/${target.uid}/${target.container ?? ''}`))
          return `${target.kind} ${target.name} has fired for ${process.now() - sinceMs} ms by ${policy.metadata.name}, and has no Incident`;
      }
    }
    return undefined;
  },
});
