import type { Resource } from './api.ts';

const resource = (apiVersion: string, kind: string, plural: string, scope: 'Namespaced' | 'Cluster'): Resource => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  return Object.freeze({
    group: group ?? '',
    version: version ?? '',
    kind,
    plural,
    namespaced: scope === 'Namespaced',
  });
};

/** The kinds the operator reads or writes, as their URLs name them. */
export const Node = resource('v1', 'Node', 'nodes', 'Cluster');
export const Pod = resource('v1', 'Pod', 'pods', 'Namespaced');
export const Namespace = resource('v1', 'Namespace', 'namespaces', 'Cluster');
export const ConfigMap = resource('v1', 'ConfigMap', 'configmaps', 'Namespaced');
export const ReplicaSet = resource('apps/v1', 'ReplicaSet', 'replicasets', 'Namespaced');
export const Deployment = resource('apps/v1', 'Deployment', 'deployments', 'Namespaced');
export const StatefulSet = resource('apps/v1', 'StatefulSet', 'statefulsets', 'Namespaced');
export const DaemonSet = resource('apps/v1', 'DaemonSet', 'daemonsets', 'Namespaced');
export const Job = resource('batch/v1', 'Job', 'jobs', 'Namespaced');
export const HorizontalPodAutoscaler = resource(
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
  'Namespaced',
);
export const PodDisruptionBudget = resource('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'Namespaced');
export const Lease = resource('coordination.k8s.io/v1', 'Lease', 'leases', 'Namespaced');
export const Event = resource('events.k8s.io/v1', 'Event', 'events', 'Namespaced');
export const SelfSubjectAccessReview = resource(
  'authorization.k8s.io/v1',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  'Cluster',
);
export const SelfSubjectReview = resource(
  'authentication.k8s.io/v1',
  'SelfSubjectReview',
  'selfsubjectreviews',
  'Cluster',
);
export const CustomResourceDefinition = resource(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  'Cluster',
);

export const DetectionPolicy = resource('homeostat.dev/v1alpha1', 'DetectionPolicy', 'detectionpolicies', 'Namespaced');
export const RemediationPlan = resource('homeostat.dev/v1alpha1', 'RemediationPlan', 'remediationplans', 'Namespaced');
export const Guardrail = resource('homeostat.dev/v1alpha1', 'Guardrail', 'guardrails', 'Namespaced');
export const Incident = resource('homeostat.dev/v1alpha1', 'Incident', 'incidents', 'Namespaced');
export const Remediation = resource('homeostat.dev/v1alpha1', 'Remediation', 'remediations', 'Namespaced');

/** `v1` or `group/version`, as objects carry it. */
export const apiVersionOf = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`);

/** `pods` or `deployments.apps`, as kubectl and the API's messages name it. */
export const pluralDotGroup = ({ group, plural }: Resource): string => (group === '' ? plural : `${plural}.${group}`);
