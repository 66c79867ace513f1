/** The templates that a workload had, as its controller keeps them: ReplicaSets, or ControllerRevisions. */
import type { KubeObject } from '../kube/api.ts';
import type { Context, Target } from './action.ts';
import { isJsonObject, sameJson, valueAt } from './json.ts';
import { answerTo, type Live, type Read } from './live.ts';
import { ControllerRevision, Pod, ReplicaSet } from './resources.ts';
import { isRead } from './subjects.ts';
import { rollableOf } from './rollout.ts';

/** One template of a workload. */
export interface Revision {
  /** As `kubectl rollout history` counts. */
  readonly number: number;
  readonly template: unknown;
  /** Whether pods of it are available now, or were seen to be for a while. */
  readonly isAvailable: boolean;
  readonly wasAvailable: boolean;
}

/** What the revisions of the target's workload are read from. */
export function revisionReads(target: Target): Read[] {
  const workload = rollableOf(target);
  if (!isRead(workload)) return [];
  const { namespace } = target;
  if (workload.resource.kind === 'Deployment') return [{ resource: ReplicaSet, namespace }];
  return [
    { resource: ControllerRevision, namespace },
    { resource: Pod, namespace },
  ];
}

/** The revisions of a workload, the latest first; a text says why they are not known. */
export function revisionsOf(
  workload: KubeObject,
  { target, wasAvailable = () => false }: Pick<Context, 'target' | 'wasAvailable'>,
  live: Live,
): Revision[] | string {
  const lists: KubeObject[][] = [];
  for (const read of revisionReads(target)) {
    const answer = answerTo(live, read);
    if (answer.is === 'Unreadable') return answer.message;
    const items = answer.is === 'List' ? answer.items : [];
    lists.push(
      items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === workload.metadata.uid)),
    );
  }
  const [kept = [], pods] = lists;
  const revisions = kept.map((each) => {
    const hashes = pods === undefined ? [''] : marksOf(each);
    const revision = pods === undefined ? fromReplicaSet(each) : fromRevision(each, pods);
    const controllerUid = (pods === undefined ? each : workload).metadata.uid ?? '';
    return Object.assign(revision, { wasAvailable: hashes.some((hash) => wasAvailable(controllerUid, hash)) });
  });
  return revisions.toSorted((a, b) => b.number - a.number);
}

/** The revision that is the workload's template now: equal, or else the latest. */
export const presentOf = (revisions: readonly Revision[], workload: KubeObject): Revision | undefined =>
  revisions.find(({ template }) => sameJson(template, valueAt(workload, '/spec/template'))) ?? revisions[0];

const hash = 'pod-template-hash';

function fromReplicaSet(set: KubeObject): Omit<Revision, 'wasAvailable'> {
  const template = valueAt(set, '/spec/template');
  const number = Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const isAvailable = Number(valueAt(set, '/status/availableReplicas') ?? 0) > 0;
  const metadata = valueAt(template, '/metadata');
  const labels = valueAt(metadata, '/labels');
  if (!isJsonObject(template) || !isJsonObject(metadata) || !isJsonObject(labels))
    return { number, template, isAvailable };
  const { [hash]: _own, ...others } = labels;
  return { number, template: { ...template, metadata: { ...metadata, labels: others } }, isAvailable };
}

/** A StatefulSet names the revision on its pods, a DaemonSet the hash in its name. */
const marksOf = ({ metadata: { name, labels } }: KubeObject): string[] =>
  [name, labels?.['controller-revision-hash']].filter((mark) => mark !== undefined);

function fromRevision(revision: KubeObject, pods: readonly KubeObject[]): Omit<Revision, 'wasAvailable'> {
  const stored = valueAt(revision, '/data/spec/template');
  const { $patch: _directive, ...template } = isJsonObject(stored) ? stored : {};
  const { creationTimestamp, ...metadata } = isJsonObject(template['metadata']) ? template['metadata'] : {};
  const marks = new Set(marksOf(revision));
  const isAvailable = pods.some(
    (pod) => marks.has(pod.metadata.labels?.['controller-revision-hash'] ?? '') && isReady(pod),
  );
  const own =
    creationTimestamp === null || creationTimestamp === undefined ? metadata : { ...metadata, creationTimestamp };
  return { number: Number(valueAt(revision, '/revision') ?? 0), template: { ...template, metadata: own }, isAvailable };
}

const isReady = (pod: KubeObject): boolean => {
  const conditions = valueAt(pod, '/status/conditions');
  return (Array.isArray(conditions) ? conditions : []).some(
    (item: unknown) => isJsonObject(item) && item['type'] === 'Ready' && item['status'] === 'True',
  );
};
