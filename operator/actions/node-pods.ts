/** The pods of a node, and what is to become of each when the node is drained. */
import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import { isJsonObject, valueAt } from './json.ts';
import type { Live, Read } from './live.ts';
import { answerTo } from './live.ts';
import { Pod } from './resources.ts';

/** The question for all pods that are bound to a node. */
export const podsOn = (node: string): Read => ({ resource: Pod, fieldSelector: `spec.nodeName=${node}` });

/** The pods of a node as they were read, or why they are not known. */
export function livePods(
  node: string,
  live: Live,
):
  | { readonly is: 'Found'; readonly pods: readonly KubeObject[] }
  | { readonly is: 'Unreadable'; readonly message: string } {
  const answer = answerTo(live, podsOn(node));
  if (answer.is === 'List') return { is: 'Found', pods: answer.items };
  return { is: 'Unreadable', message: answer.is === 'Unreadable' ? answer.message : `the pods of ${node} are unknown` };
}

/** `Pod shop/web-1`, as messages name it. */
export const podName = ({ metadata }: KubeObject): string => `Pod ${metadata.namespace ?? ''}/${metadata.name}`;

/** The reference to the controller of a pod, if it has one. */
export const controllerOf = ({ metadata }: KubeObject): { kind: string; name: string } | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

/** A pod that its kubelet runs from a file: the API server only mirrors it. */
export const isStatic = (pod: KubeObject): boolean =>
  pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined || controllerOf(pod)?.kind === 'Node';

/** Whether a drain leaves this pod where it is: it belongs to the node, or has finished and uses nothing. */
export const belongsToNode = (pod: KubeObject): boolean =>
  isStatic(pod) ||
  controllerOf(pod)?.kind === 'DaemonSet' ||
  ['Succeeded', 'Failed'].includes(String(valueAt(pod, '/status/phase')));

export const isEnding = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

/** What others write on a pod so that nobody moves it without need. */
function demandsPeace({ metadata: { annotations = {} } }: KubeObject): string | undefined {
  const [safe, peace] = ['cluster-autoscaler.kubernetes.io/safe-to-evict', 'karpenter.sh/do-not-disrupt'] as const;
  if (annotations[safe] === 'false') return `${safe}: "false"`;
  // Karpenter also takes a duration.
  if (![undefined, '', 'false'].includes(annotations[peace])) return `${peace}: "${annotations[peace]}"`;
  return undefined;
}

function hasEmptyDir(pod: KubeObject): boolean {
  const volumes = valueAt(pod, '/spec/volumes');
  return Array.isArray(volumes) && volumes.some((volume: unknown) => isJsonObject(volume) && 'emptyDir' in volume);
}

/** Why this pod must not be evicted; `reason` is one CamelCase word. */
export function whyNotEvicted(
  pod: KubeObject,
  { deleteEmptyDirData = false, evictUncontrolled = false }: ActionParameters<'drain'>,
): { readonly reason: string; readonly message: string } | undefined {
  const peace = demandsPeace(pod);
  if (peace !== undefined) {
    return { reason: 'DoNotDisrupt', message: `${podName(pod)} must not be disrupted: it has the annotation ${peace}` };
  }
  if (controllerOf(pod) === undefined && !evictUncontrolled) {
    const message = `${podName(pod)} has no controller that would make a new one: delete it, or set evictUncontrolled`;
    return { reason: 'NoController', message };
  }
  if (hasEmptyDir(pod) && !deleteEmptyDirData) {
    const message = `${podName(pod)} has data in an emptyDir volume that would be lost: set deleteEmptyDirData to accept that`;
    return { reason: 'EmptyDirData', message };
  }
  return undefined;
}
