/** What the in-process API server does with a write: preconditions, generation, no-ops, ownership of fields. */
import { isDeepStrictEqual } from 'node:util';
import {
  ApiError,
  type KubeObject,
  type ManagedFields,
  type Patch,
  type Resource,
  type WriteOptions,
} from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { apiVersionOf } from '../kube/resources.ts';
import { toTime } from '../kube/time.ts';
import { alreadyExists, applyConflict, badRequest, invalid, noFieldManager, notFound } from './api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import { checkPreconditions, type Deletions } from './deletions.ts';
import { afterApply, afterUpdate, applyConflicts, type ListKeys, type Writer } from './field-ownership.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import {
  dropEmpty,
  merged,
  restrict,
  scaleOf,
  specChanged,
  type Stored,
  typeOf,
  withoutStatus,
  withReplicas,
} from './subresources.ts';

export interface WritesOptions {
  readonly clock: Clock;
  readonly listKeys: ListKeys;
  readonly validate: (resource: Resource, object: KubeObject) => void;
  /** Whether it is kept who set which field of such objects. */
  readonly tracksOwners: (resource: Resource) => boolean;
}

const withoutGeneration = new Set(['Node', 'Namespace', 'Lease', 'Event', 'ConfigMap', 'Secret', 'ServiceAccount']);

export class Writes {
  readonly #store: ObjectStore;
  readonly #deletions: Deletions;
  readonly #options: WritesOptions;
  #identities = 0;

  constructor(store: ObjectStore, deletions: Deletions, options: WritesOptions) {
    this.#store = store;
    this.#deletions = deletions;
    this.#options = options;
  }

  seed(resource: Resource, object: Stored): KubeObject {
    const old = this.#store.get(resource, object.metadata);
    const metadata = { ...this.#birth(resource), ...old?.metadata, ...object.metadata };
    return this.#store.put(resource, { ...object, ...typeOf(resource), metadata });
  }

  create(request: ApiRequest): KubeObject {
    const { resource, subresource, namespace } = request;
    if (subresource === 'eviction') return this.#deletions.evict(request);
    const body = request.body as Stored;
    const { generateName } = body.metadata;
    const name =
      body.metadata.name || (generateName && `${generateName}${(++this.#identities).toString(36).padStart(5, 'x')}`);
    if (!name) throw invalid(resource, '', 'metadata.name: Required value: name or generateName is required');
    if (body.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    if (this.#store.get(resource, { name, namespace })) throw alreadyExists(resource, name);
    return this.#insert(request, { ...body, metadata: { ...body.metadata, name } }, 'Update');
  }

  replace(request: ApiRequest): KubeObject {
    const { resource, name = '' } = request;
    const body = request.body as Stored;
    if (isCustom(resource) && !body.metadata.resourceVersion) {
      throw invalid(resource, name, 'metadata.resourceVersion: Invalid value: 0: must be specified for an update');
    }
    return this.#update(request, () => body);
  }

  patch(request: ApiRequest): KubeObject {
    const patch = request.patch as Patch;
    if (patch.type === 'apply') return this.#apply(request, patch);
    return this.#update(request, (seen) => {
      if (patch.type === 'merge') return mergePatch(seen, patch.body) as Stored;
      try {
        return jsonPatch(seen, patch.body) as Stored;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new ApiError(message, { status: 422, reason: 'Invalid' });
      }
    });
  }

  #apply(request: ApiRequest, patch: Patch & { type: 'apply' }): KubeObject {
    const { resource, name = '', namespace } = request;
    const { fieldManager } = (request.options ?? {}) as WriteOptions;
    if (fieldManager === undefined) throw noFieldManager();
    const body = patch.body as Stored;
    const { uid: _uid, resourceVersion: _version, managedFields: _fields, ...metadata } = body.metadata;
    const configuration = { ...body, metadata } as Stored;
    if (this.#store.get(resource, { name, namespace }) === undefined) {
      if (request.subresource !== undefined) throw notFound(resource, name);
      const inserted = {
        ...configuration,
        metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
      };
      return this.#insert(request, inserted, 'Apply');
    }
    return this.#update(
      request,
      (seen) => {
        const writer = this.#writer(request, 'Apply');
        const scoped = restrict(configuration, request.subresource);
        const conflicts = patch.force ? [] : applyConflicts(seen, scoped, writer, this.#options.listKeys);
        if (conflicts.length > 0) throw applyConflict(conflicts);
        const next = afterApply(seen, scoped, writer, this.#options.listKeys) as Stored;
        return {
          ...next,
          metadata: {
            ...next.metadata,
            ...(body.metadata.uid && { uid: body.metadata.uid }),
            ...(body.metadata.resourceVersion && { resourceVersion: body.metadata.resourceVersion }),
          },
        };
      },
      'Apply',
    );
  }

  #insert(request: ApiRequest, body: Stored, operation: Writer['operation']): KubeObject {
    const { resource } = request;
    const { status, ...rest } = body;
    const object: Stored = {
      ...(withoutStatus.has(resource.kind) && status !== undefined ? { ...rest, status } : rest),
      ...typeOf(resource),
      metadata: { ...body.metadata, ...this.#birth(resource) },
    };
    dropEmpty(object.metadata);
    this.#options.validate(resource, object);
    object.metadata.managedFields = this.#owners(request, undefined, object, operation);
    return (request.options as WriteOptions | undefined)?.dryRun ? object : this.#store.put(resource, object);
  }

  /** One path for every change of an existing object: `change` is given what is stored, which it may not change, and returns what is wished. */
  #update(
    request: ApiRequest,
    change: (seen: Stored) => Stored,
    operation: Writer['operation'] = 'Update',
  ): KubeObject {
    const { resource, subresource } = request;
    const old = this.#existing(request);
    const scale = subresource === 'scale';
    const wished = change(scale ? scaleOf(resource, old) : old);
    checkPreconditions(resource, old, wished.metadata);
    const next = scale ? withReplicas(old, wished) : merged(resource, old, wished, subresource);
    if (next.metadata.generation !== undefined && specChanged(old, next)) next.metadata.generation++;
    this.#options.validate(resource, next);
    next.metadata.managedFields =
      operation === 'Apply' ? (wished.metadata.managedFields ?? []) : this.#owners(request, old, next, operation);
    if (isDeepStrictEqual(withoutTimes(next), withoutTimes(old))) return this.#answer(request, old);
    if ((request.options as WriteOptions | undefined)?.dryRun) return this.#answer(request, next);
    const stored = this.#store.put(resource, next);
    if (next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length && resource.kind !== 'Pod') {
      this.#store.remove(resource, stored);
    }
    return this.#answer(request, stored);
  }

  #owners(request: ApiRequest, old: Stored | undefined, next: Stored, operation: Writer['operation']): ManagedFields[] {
    const { tracksOwners, listKeys } = this.#options;
    if (!tracksOwners(request.resource)) return [];
    return afterUpdate(old, next, this.#writer(request, operation), listKeys);
  }

  #answer({ resource, subresource }: ApiRequest, object: Stored): KubeObject {
    return subresource === 'scale' ? scaleOf(resource, object) : object;
  }

  #existing({ resource, name = '', namespace }: ApiRequest): Stored {
    const object = this.#store.get(resource, { name, namespace });
    if (object === undefined) throw notFound(resource, name);
    return object;
  }

  #birth(resource: Resource): { uid: string; creationTimestamp: string; generation?: number } {
    const uid = `00000000-0000-4000-8000-${String(++this.#identities).padStart(12, '0')}`;
    const creationTimestamp = toTime(this.#options.clock.now());
    return withoutGeneration.has(resource.kind)
      ? { uid, creationTimestamp }
      : { uid, creationTimestamp, generation: 1 };
  }

  #writer({ resource, subresource, options }: ApiRequest, operation: Writer['operation']): Writer {
    const { fieldManager = 'node' } = (options ?? {}) as WriteOptions;
    const time = toTime(this.#options.clock.now());
    return { manager: fieldManager, operation, subresource, apiVersion: apiVersionOf(resource), time };
  }
}

const isCustom = ({ group }: Resource): boolean => group.includes('.') && !group.endsWith('.k8s.io');

/** What counts for whether a write changed anything. */
const withoutTimes = (object: Stored): Stored => ({
  ...object,
  metadata: {
    ...object.metadata,
    managedFields: object.metadata.managedFields?.map(({ time: _time, ...entry }) => entry) ?? [],
  },
});
