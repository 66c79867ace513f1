import type { Resource } from '../kube/api.ts';

/** `v1` and `apps/v1` as group and version. */
const groupVersion = (apiVersion: string): { group: string; version: string } => {
  const [first = '', second] = apiVersion.split('/', 2);
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
};

const resource = (apiVersion: string, kind: string, plural: string, namespaced = true): Resource =>
  Object.freeze({ ...groupVersion(apiVersion), kind, plural, namespaced });

/** The kinds that actions read or write. */
export const Node = resource('v1', 'Node', 'nodes', false);
export const Pod = resource('v1', 'Pod', 'pods');
export const Service = resource('v1', 'Service', 'services');
export const PodDisruptionBudget = resource('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
export const HorizontalPodAutoscaler = resource(
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
);
export const ScaledObject = resource('keda.sh/v1alpha1', 'ScaledObject', 'scaledobjects');

export const Deployment = resource('apps/v1', 'Deployment', 'deployments');
export const StatefulSet = resource('apps/v1', 'StatefulSet', 'statefulsets');
export const ReplicaSet = resource('apps/v1', 'ReplicaSet', 'replicasets');
export const DaemonSet = resource('apps/v1', 'DaemonSet', 'daemonsets');
export const Job = resource('batch/v1', 'Job', 'jobs');
export const CronJob = resource('batch/v1', 'CronJob', 'cronjobs');
export const ControllerRevision = resource('apps/v1', 'ControllerRevision', 'controllerrevisions');

/** The kinds of workloads; others, such as those of an operator of its own, are not touched. */
export const workloads: readonly Resource[] = [Deployment, StatefulSet, ReplicaSet, DaemonSet, Job, CronJob];

/** The workload kind of this name, if it is one that we know. */
export const workloadResource = (apiVersion: string, kind: string): Resource | undefined =>
  workloads.find((known) => known.kind === kind && apiVersionOf(known) === apiVersion);

/** The resource of a recorded object; of a kind that is not known here, its plural is given or taken to be regular. */
export const resourceOf = (apiVersion: string, kind: string, plural = `${kind.toLowerCase()}s`): Resource =>
  [Node, Pod, ...workloads].find((known) => known.kind === kind && apiVersionOf(known) === apiVersion) ??
  resource(apiVersion, kind, plural);

export const apiVersionOf = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`);
