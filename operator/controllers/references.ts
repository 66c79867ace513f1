import type { KubeObject, Resource } from '../kube/api.ts';
import type { ObjectReference } from '../kube/events.ts';
import { apiVersionOf, Node, Pod } from '../kube/resources.ts';
import type { TargetReference } from './targets.ts';

/** An object of ours, for an event about it. Objects from a list carry no kind, so it is given. */
export const aboutObject = (resource: Resource, { metadata }: KubeObject): ObjectReference => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

/** A target, for an event about it; a container is a field of its pod, as the kubelet says it. */
export function aboutTarget({ kind, namespace, name, uid, container, workload }: TargetReference): ObjectReference {
  switch (kind) {
    case 'Node':
      return { apiVersion: apiVersionOf(Node), kind: Node.kind, name, uid };
    case 'Workload':
      return { apiVersion: workload?.apiVersion ?? '', kind: workload?.kind ?? '', namespace, name, uid };
    case 'Pod':
      return { apiVersion: apiVersionOf(Pod), kind: Pod.kind, namespace, name, uid };
    case 'Container': {
      const fieldPath = `spec.containers{${container ?? ''}}`;
      return { apiVersion: apiVersionOf(Pod), kind: Pod.kind, namespace, name, uid, fieldPath };
    }
  }
}
