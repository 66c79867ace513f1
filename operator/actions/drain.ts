import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import { isDeletion, type Action, type Change, type Effect, type Plan, type Standing, type Target } from './action.ts';
import { cordon } from './cordon.ts';
import { fieldRequests, inspectField } from './fields.ts';
import { valueAt } from './json.ts';
import { answerTo, type Live, type Read } from './live.ts';
import { belongsToNode, controllerOf, isEnding, livePods, podName, podsOn, whyNotEvicted } from './node-pods.ts';
import { Pod } from './resources.ts';
import { isRead, nodeOf } from './subjects.ts';

type Parameters = ActionParameters<'drain'>;

/** So many changes are written down of one step: one cordon, and an eviction for each pod. */
const mostPods = 511;
/** The pod watch tells of every pod that ends; this is for a watch that stands still. */
const lookAgainMs = 15_000;

const nodeNameOf = (target: Target): string => {
  const node = nodeOf(target);
  return isRead(node) ? (node.name ?? '') : '';
};

/** `3 pods (shop/a, shop/b, shop/c)`, with at most three names. */
function countOf(pods: readonly KubeObject[]): string {
  const names = pods.slice(0, 3).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const list = [...names, ...(pods.length > names.length ? ['…'] : [])].join(', ');
  return `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}${pods.length === 0 ? '' : ` (${list})`}`;
}

/** What is kept of a pod that is evicted: little, because a node has hundreds. */
function evictionOf(pod: KubeObject): Change {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const controller = controllerOf(pod);
  const from = {
    phase: valueAt(pod, '/status/phase'),
    ...(controller === undefined ? {} : { controller: `${controller.kind}/${controller.name}` }),
  };
  return { object: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, path: '', from: JSON.stringify(from) };
}

/** The pods that would be evicted, or why none is to be. */
function evictions(
  params: Parameters,
  live: Live,
  target: Target,
): { readonly is: 'Found'; readonly pods: readonly KubeObject[] } | Extract<Plan, { is: 'Refused' | 'Unreadable' }> {
  const found = livePods(nodeNameOf(target), live);
  if (found.is !== 'Found') return found;
  const pods = found.pods.filter((pod) => !belongsToNode(pod) && !isEnding(pod));
  for (const pod of pods) {
    const refused = whyNotEvicted(pod, params);
    if (refused !== undefined) return { is: 'Refused', ...refused };
  }
  if (pods.length <= mostPods) return { is: 'Found', pods };
  const message = `${pods.length} pods would have to be evicted, and at most ${mostPods} can be written down`;
  return { is: 'Refused', reason: 'TooManyPods', message };
}

function inspectEviction({ object }: Change, live: Live, target: Target): Standing {
  const found = livePods(nodeNameOf(target), live);
  if (found.is !== 'Found') return found;
  const pod = found.pods.find(({ metadata }) => metadata.uid === object.uid);
  return { is: pod === undefined || isEnding(pod) ? 'Ours' : 'NotMade' };
}

/** Whether the node takes new pods, as it was read; undefined when it is not known. */
function takesPods(target: Target, live: Live): boolean | undefined {
  const node = nodeOf(target);
  const answer = isRead(node) ? answerTo(live, node) : undefined;
  return answer?.is === 'Found' ? valueAt(answer.object, '/spec/unschedulable') !== true : undefined;
}

/**
 * Cordons a node and evicts its pods. The cordon comes first, and only when it is seen the pods are written down that are
 * there then: none comes after that. So evictions on record also mean that the cordon was made, and a node that takes pods
 * again has been uncordoned by somebody.
 */
export const drain: Action<Parameters> = {
  reversible: true,
  targets: ['Node', 'Pod', 'Container'],
  permissions: [
    { verb: 'get', group: '', resource: 'nodes' },
    { verb: 'patch', group: '', resource: 'nodes' },
    { verb: 'list', group: '', resource: 'pods' },
    { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
  ],
  subject: nodeOf,
  reads: (target): readonly Read[] => {
    const node = nodeOf(target);
    return isRead(node) ? [node, podsOn(nodeNameOf(target))] : [];
  },
  plan(params, live, context): Plan {
    const cordoning = cordon.plan({}, live, context);
    if (cordoning.is === 'Refused' || cordoning.is === 'Unreadable') return cordoning;
    const found = evictions(params, live, context.target);
    if (found.is !== 'Found') return found;
    const evicting = `evict ${countOf(found.pods)}, which cannot be taken back`;
    if (cordoning.is === 'Changes') return { ...cordoning, message: `${cordoning.message}, then ${evicting}` };
    if (found.pods.length > 0)
      return { is: 'Changes', changes: found.pods.map(evictionOf), message: `${evicting}; ${cordoning.message}` };
    return { is: 'Nothing', message: `${cordoning.message}, and has no pods to evict` };
  },
  requests: (changes, { gracePeriodSeconds }, live, { manager }) => [
    ...fieldRequests(
      changes.filter((change) => !isDeletion(change)),
      live,
      manager,
    ),
    ...changes.filter(isDeletion).map(({ object: { namespace, name, uid } }) => ({
      verb: 'evict' as const,
      resource: Pod,
      namespace,
      name,
      uid: uid ?? '',
      gracePeriodSeconds,
    })),
  ],
  inspect: (change, live, { manager, target }) =>
    isDeletion(change) ? inspectEviction(change, live, target) : inspectField(change, live, manager),
  /** Seen when no pod is left that does not belong to the node, whoever ended it. */
  effect(changes, live, { target }): Effect {
    const found = livePods(nodeNameOf(target), live);
    if (found.is !== 'Found') return { is: 'Pending', message: found.message };
    const left = found.pods.filter((pod) => !belongsToNode(pod));
    if (left.length > 0) return { is: 'Pending', message: `${countOf(left)} still to end`, againMs: lookAgainMs };
    const evicted = changes.filter(isDeletion).length;
    return {
      is: 'Done',
      message: `Node ${nodeNameOf(target)} is drained: ${evicted} pods were evicted and have ended`,
    };
  },
  gradual: {
    touched: (_params, live, target) => {
      const found = livePods(nodeNameOf(target), live);
      if (found.is !== 'Found') return [{ read: podsOn(nodeNameOf(target)), answer: found }];
      return found.pods
        .filter((pod) => !belongsToNode(pod) && !isEnding(pod))
        .map((object) => ({
          read: { resource: Pod, namespace: object.metadata.namespace, name: object.metadata.name },
          answer: { is: 'Found', object },
        }));
    },
    further(changes, params, live, { target }): Plan {
      const found = evictions(params, live, target);
      if (found.is !== 'Found') return found;
      const known = new Set(changes.filter(isDeletion).map(({ object }) => object.uid));
      const pods = found.pods.filter(({ metadata }) => !known.has(metadata.uid ?? ''));
      if (pods.length === 0) return { is: 'Nothing', message: 'every pod is on record' };
      if (pods.length + changes.length > mostPods + 1)
        return {
          is: 'Refused',
          reason: 'TooManyPods',
          message: `${podName(pods[0] ?? { metadata: { name: '' } })} and others keep coming`,
        };
      return { is: 'Changes', changes: pods.map(evictionOf), message: `evict ${countOf(pods)}` };
    },
    interrupted(changes, live, { target }) {
      if (!changes.some(isDeletion) || takesPods(target, live) !== true) return undefined;
      return `somebody uncordoned Node ${nodeNameOf(target)} meanwhile, and that is respected: no further pod is evicted`;
    },
  },
};
