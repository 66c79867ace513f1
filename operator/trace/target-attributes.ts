import type { Incident } from '../../crds/incident.ts';
import type { Attributes } from './span.ts';

/** Kinds of workloads that the semantic conventions have names for. */
const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob']);

/**
 * What is repaired, as OpenTelemetry calls it: https://opentelemetry.io/docs/specs/semconv/resource/k8s/. They are
 * attributes of the span, for the resource of all our spans is the operator.
 */
export function targetAttributes(target: Incident['spec']['target']): Attributes {
  const { kind, namespace, name, uid, container, node, workload } = target;
  const isPod = kind === 'Pod' || kind === 'Container';
  const owner = workload !== undefined && workloads.has(workload.kind) ? workload : undefined;
  const ownerKey = `k8s.${owner?.kind.toLowerCase()}`;
  return {
    'homeostat.target.kind': kind,
    ...(namespace !== undefined && { 'k8s.namespace.name': namespace }),
    ...(isPod && { 'k8s.pod.name': name, 'k8s.pod.uid': uid }),
    ...(container !== undefined && { 'k8s.container.name': container }),
    ...(node !== undefined && { 'k8s.node.name': node }),
    ...(kind === 'Node' && { 'k8s.node.name': name, 'k8s.node.uid': uid }),
    ...(owner !== undefined && { [`${ownerKey}.name`]: owner.name, [`${ownerKey}.uid`]: owner.uid }),
  };
}
