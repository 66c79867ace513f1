import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Change, Effect, Plan, Target } from './action.ts';
import { readOf } from './fields.ts';
import { isJsonObject, valueAt, valueOf } from './json.ts';
import { answerTo, describeRead, type Live } from './live.ts';
import { controllerOf, isStatic } from './node-pods.ts';
import { Pod, workloads } from './resources.ts';
import { isRead, liveSubject, podOf, workloadOf } from './subjects.ts';

/** How many pods a workload has and wants, whatever its kind calls them. */
interface Pods {
  readonly wanted: number;
  readonly there: number;
  readonly ready: number;
}

const countsAt: Readonly<Record<string, { readonly [K in keyof Pods]: string }>> = {
  Deployment: { wanted: '/spec/replicas', there: '/status/replicas', ready: '/status/readyReplicas' },
  StatefulSet: { wanted: '/spec/replicas', there: '/status/replicas', ready: '/status/readyReplicas' },
  ReplicaSet: { wanted: '/spec/replicas', there: '/status/replicas', ready: '/status/readyReplicas' },
  DaemonSet: {
    wanted: '/status/desiredNumberScheduled',
    there: '/status/currentNumberScheduled',
    ready: '/status/numberReady',
  },
  Job: { wanted: '/spec/parallelism', there: '/status/active', ready: '/status/ready' },
};

/** Undefined when there is no workload that counts its pods; its message when it could not be read. */
function podsOf(target: Target, live: Live): Pods | string | undefined {
  const workload = workloadOf(target);
  if (!isRead(workload)) return undefined;
  const answer = answerTo(live, workload);
  if (answer.is === 'Unreadable') return answer.message;
  const paths = countsAt[workload.resource.kind];
  if (answer.is !== 'Found' || paths === undefined) return undefined;
  const count = (path: string): number => Number(valueAt(answer.object, path) ?? 0);
  return { wanted: count(paths.wanted), there: count(paths.there), ready: count(paths.ready) };
}

const isReady = (pod: KubeObject): boolean => {
  const conditions = valueAt(pod, '/status/conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((item: unknown) => isJsonObject(item) && item['type'] === 'Ready' && item['status'] === 'True')
  );
};

/** What is kept of a pod that is deleted: enough to know later what it was. */
function portrait(pod: KubeObject, pods: Pods | undefined): string {
  const statuses = valueAt(pod, '/status/containerStatuses');
  const containers = (Array.isArray(statuses) ? statuses : []).filter(isJsonObject).map((status) => ({
    name: status['name'],
    image: status['image'],
    restartCount: status['restartCount'],
    state: status['state'],
  }));
  const { labels, ownerReferences } = pod.metadata;
  const [nodeName, phase] = [valueAt(pod, '/spec/nodeName'), valueAt(pod, '/status/phase')];
  return JSON.stringify({ labels, ownerReferences, nodeName, phase, ready: isReady(pod), containers, pods });
}

/** Why this pod must not be deleted. */
function refusal(pod: KubeObject, name: string): Extract<Plan, { is: 'Refused' }> | undefined {
  const controller = controllerOf(pod);
  const refused = (reason: string, message: string) => ({ is: 'Refused', reason, message }) as const;
  if (isStatic(pod)) {
    return refused(
      'StaticPod',
      `${name} is a static pod: its kubelet runs it from a file, and deleting it restarts nothing`,
    );
  }
  if (controller === undefined) {
    return refused(
      'NoController',
      `${name} has no controller that would make a new one: deleting it would be the end of it`,
    );
  }
  if (valueAt(pod, '/status/phase') === 'Succeeded') return refused('PodFinished', `${name} has finished its work`);
  return undefined;
}

/** Deletes a pod so that its controller makes a new one. Cannot be taken back. */
export const restartPod: Action<ActionParameters<'restartPod'>> = {
  reversible: false,
  targets: ['Pod', 'Container'],
  permissions: [
    { verb: 'get', group: '', resource: 'pods' },
    { verb: 'delete', group: '', resource: 'pods' },
    ...workloads.map(({ group, plural }) => ({ verb: 'get' as const, group, resource: plural })),
  ],
  subject: podOf,
  reads: (target) => [podOf(target), workloadOf(target)].filter(isRead),
  plan(_params, live, { target }) {
    const subject = liveSubject(target, podOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, reference, name } = subject;
    const refused = refusal(object, name);
    if (refused !== undefined) return refused;
    const pods = podsOf(target, live);
    if (typeof pods === 'string') return { is: 'Unreadable', message: pods };
    const change: Change = { object: reference, path: '', from: portrait(object, pods) };
    return { is: 'Changes', changes: [change], message: `delete ${name}, which cannot be taken back` };
  },
  requests: (changes, { gracePeriodSeconds }) =>
    changes.map(({ object: { namespace, name, uid } }) => ({
      verb: 'delete',
      resource: Pod,
      namespace,
      name,
      // Only of an object that is made here is it not known from the beginning.
      uid: uid ?? '',
      gracePeriodSeconds,
    })),
  inspect(change, live) {
    const answer = answerTo(live, readOf(change));
    if (answer.is === 'Unreadable') return answer;
    if (answer.is !== 'Found' || answer.object.metadata.uid !== change.object.uid) return { is: 'Ours' };
    return { is: answer.object.metadata.deletionTimestamp === undefined ? 'NotMade' : 'Ours' };
  },
  /** Seen when the pod has ended and its workload has as many pods, and as many ready ones, as before. */
  effect([change], live, { target }): Effect {
    if (change === undefined) return { is: 'Done', message: 'nothing to see' };
    const name = describeRead(readOf(change));
    const answer = answerTo(live, readOf(change));
    if (answer.is === 'Found' && answer.object.metadata.uid === change.object.uid) {
      return { is: 'Pending', message: `${name} is ending` };
    }
    const before = valueAt(valueOf(change.from), '/pods');
    const now = podsOf(target, live);
    if (typeof now === 'string') return { is: 'Pending', message: now };
    if (now === undefined || !isJsonObject(before)) return { is: 'Done', message: `${name} has ended` };
    const [there, ready] = [before['there'], before['ready']].map((count) => Math.min(Number(count), now.wanted));
    const complete = now.there >= (there ?? 0) && now.ready >= (ready ?? 0);
    const message = `${name} has ended; ${now.ready} of ${now.wanted} pods of its workload are ready, ${ready} were before`;
    return { is: complete ? 'Done' : 'Pending', message };
  },
};
