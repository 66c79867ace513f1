/** The doors of an object in the in-process API server: the object itself, `/status` and `/scale`. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Resource } from '../kube/api.ts';
import { apiVersionOf } from '../kube/resources.ts';
import { copy } from './copy.ts';
import { notFound } from './api-errors.ts';
import { isTree, type Tree } from './patch.ts';

export type Stored = KubeObject & { spec?: unknown; status?: unknown };

/** Kinds whose status, if they have one, is written like any other field. */
export const withoutStatus: ReadonlySet<string> = new Set(['Lease', 'Event', 'ConfigMap', 'Secret', 'ServiceAccount']);

/** Metadata that only the server writes. */
const systemFields = [
  'uid',
  'creationTimestamp',
  'generation',
  'namespace',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
] as const;

export const typeOf = (resource: Resource): { apiVersion: string; kind: string } => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

/** The Scale of a workload, which leaves out a zero as the API does. */
export function scaleOf(resource: Resource, object: Stored): KubeObject & { spec: Tree } {
  if (!['Deployment', 'StatefulSet', 'ReplicaSet'].includes(resource.kind))
    throw notFound(resource, object.metadata.name);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = isTree(object.spec) ? object.spec : {};
  const status = isTree(object.status) ? object.status : {};
  return copy({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec['replicas'] === 0 ? {} : { replicas: spec['replicas'] ?? 1 },
    status: { replicas: status['replicas'] ?? 0 },
  }) as KubeObject & { spec: Tree };
}

/** What a write through the main door or `/status` may change, on top of what is stored. */
export function merged(resource: Resource, old: Stored, wished: Stored, subresource: string | undefined): Stored {
  if (subresource === 'status') return { ...old, metadata: { ...old.metadata }, status: wished.status };
  const metadata: KubeObject['metadata'] = { ...wished.metadata };
  for (const field of systemFields) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: old.metadata[field] });
  }
  dropEmpty(metadata);
  const { status, ...rest } = wished;
  const kept = withoutStatus.has(resource.kind) ? status : old.status;
  return { ...rest, ...typeOf(resource), metadata, ...(kept === undefined ? {} : { status: kept }) };
}

/** The API stores no empty maps and lists in metadata. */
export function dropEmpty(metadata: KubeObject['metadata']): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    const value = metadata[field];
    if (value !== undefined && Object.keys(value).length === 0) delete metadata[field];
  }
}

/** A workload after a write of its Scale. */
export const withReplicas = (old: Stored, scale: Stored): Stored => ({
  ...old,
  metadata: { ...old.metadata },
  spec: { ...(old.spec as Tree), replicas: (isTree(scale.spec) ? scale.spec['replicas'] : undefined) ?? 0 },
});

/** The part of an applied configuration that this door takes. */
export const restrict = (configuration: Stored, subresource: string | undefined): Stored => {
  const { status, ...rest } = configuration;
  return subresource === 'status' ? { metadata: { name: configuration.metadata.name }, status } : rest;
};

/** Whether anything changed that makes a new generation. */
export const specChanged = (a: Stored, b: Stored): boolean => {
  const { metadata: _a, status: _b, ...before } = a;
  const { metadata: _c, status: _d, ...after } = b;
  return !isDeepStrictEqual(before, after);
};
