/** How other controllers say that a node is theirs just now: by taints and marks. */
import type { KubeObject } from '../kube/api.ts';
import { isJsonObject, valueAt } from './json.ts';

/**
 * Taints by which others say that they are taking a node away; such a node is left to them. The node controller's own
 * (not-ready, unreachable, pressure) are symptoms and no such sign, and so is that of an unschedulable node.
 */
const takingTaints: readonly RegExp[] = [
  /^ToBeDeletedByClusterAutoscaler$/,
  /^DeletionCandidateOfClusterAutoscaler$/,
  /^karpenter\.sh\/(disrupted|disruption)$/,
  /^node\.kubernetes\.io\/out-of-service$/,
  /^node\.cloudprovider\.kubernetes\.io\/shutdown$/,
  /^node\.cluster\.x-k8s\.io\/outdated-revision$/,
  /^medik8s\.io\/(drain|remediation)$/,
  /^aws-node-termination-handler\//,
];

/** Annotations and labels with the same meaning, and the values that have it; absent: any. */
const takingMarks: readonly { readonly key: string; readonly values?: RegExp; readonly who: string }[] = [
  { key: 'weave.works/kured-reboot-in-progress', who: 'kured' },
  {
    key: 'machineconfiguration.openshift.io/state',
    values: /^(Working|Rebooting)$/,
    who: 'the Machine Config Operator',
  },
  { key: 'remediation.medik8s.io/exclude-from-remediation', values: /^true$/, who: 'an administrator' },
];

/** `the taint karpenter.sh/disrupted`: by what the node is somebody else's now; undefined when nothing says so. */
export function takenBy(node: KubeObject): string | undefined {
  const taints = valueAt(node, '/spec/taints');
  const taint = (Array.isArray(taints) ? taints : [])
    .map((each: unknown) => (isJsonObject(each) ? String(each['key']) : ''))
    .find((key) => takingTaints.some((pattern) => pattern.test(key)));
  if (taint !== undefined) return `the taint ${taint}`;
  const { annotations = {}, labels = {} } = node.metadata;
  const mark = takingMarks.find(({ key, values = /./ }) => values.test(annotations[key] ?? labels[key] ?? ''));
  return mark && `the mark ${mark.key} (${mark.who})`;
}
