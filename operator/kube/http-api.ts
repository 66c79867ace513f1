/**
 * The Kubernetes API over HTTPS: plain JSON in, plain JSON out (never class instances, never `Date`), a time-out on every
 * call, connections kept alive, every error an `ApiError`.
 *
 * @example
 * const api = connect({ context: 'staging' });
 * const { items } = await api.list<PodObject>(Pod, { namespace: 'shop', limit: 500 });
 */
import {
  ApiError,
  type DeleteOptions,
  type KubeApi,
  type KubeObject,
  type ListOptions,
  type ListResult,
  type Name,
  type Patch,
  type Resource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from './api.ts';
import { apiPath, listQuery, type Query } from './api-path.ts';
import { malformed, unreachable } from './api-status.ts';
import { HttpTransport, type Headers } from './http-transport.ts';
import { Cluster } from './cluster.ts';
import type { ConnectOptions } from './kubeconfig.ts';
import { apiVersionOf } from './resources.ts';
import { linesOf } from './watch-lines.ts';

export interface HttpTimeouts {
  /** A read or write of one object. Default 15,000. */
  readonly callMs?: number;
  /** A page of a list. Default 60,000. */
  readonly listMs?: number;
  /** Until a watch's headers have come. Default 15,000. */
  readonly watchMs?: number;
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml', // JSON is YAML
} as const;

/** The API server a kubeconfig names. Throws a `KubeConfigError`; does not connect yet. */
export const connect = (options: ConnectOptions = {}, timeouts: HttpTimeouts = {}): HttpKubeApi =>
  new HttpKubeApi(new Cluster(options), timeouts);

export class HttpKubeApi implements KubeApi {
  readonly #cluster: Cluster;
  readonly #transport: HttpTransport;
  readonly #timeouts: HttpTimeouts;
  readonly #headers: Headers;

  constructor(
    cluster: Cluster,
    timeouts: HttpTimeouts = {},
    transport = new HttpTransport(cluster),
    headers: Headers = {},
  ) {
    this.#cluster = cluster;
    this.#timeouts = timeouts;
    this.#transport = transport;
    this.#headers = headers;
  }

  /** Where the API server is, for messages. */
  get server(): string {
    return this.#cluster.server.href;
  }

  /** The namespace of the kubeconfig's context, when it names one. */
  get namespace(): string | undefined {
    return this.#cluster.namespace;
  }

  get<T extends KubeObject>(resource: Resource, name: Name, subresource?: 'scale'): Promise<T> {
    return this.#call('GET', () => apiPath(resource, name, subresource));
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListResult<T>> {
    const { namespace } = options;
    const timeoutMs = this.#timeouts.listMs ?? 60_000;
    const path = (): string => apiPath(resource, { namespace }, undefined, listQuery(options));
    const answer = await this.#call<{ items?: T[] | null; metadata?: { resourceVersion?: string; continue?: string } }>(
      'GET',
      path,
      { timeoutMs },
    );
    const items = answer.items ?? [];
    // The API leaves them out of the items of a list, but not of a watch.
    for (const item of items) {
      item.apiVersion = apiVersionOf(resource);
      item.kind = resource.kind;
    }
    return {
      items,
      resourceVersion: answer.metadata?.resourceVersion ?? '',
      continue: answer.metadata?.continue || undefined,
    };
  }

  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const { namespace, timeoutSeconds, signal } = options;
    if (signal.aborted) return;
    const query: Query = { ...listQuery(options), watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const path = apiPath(resource, { namespace }, undefined, query);
    const what = `watch of ${resource.plural}`;
    try {
      const timeoutMs = this.#timeouts.watchMs ?? 15_000;
      const response = await this.#transport.open({ method: 'GET', path, headers: this.#headers, timeoutMs, signal });
      options.onOpen?.();
      try {
        for await (const line of linesOf(response as AsyncIterable<Uint8Array>)) yield parseEvent<T>(line, what);
      } finally {
        response.destroy();
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof ApiError ? error : unreachable(what, error);
    }
  }

  create<T extends KubeObject>(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const { subresource } = options;
    const at = subresource === undefined ? { namespace } : { name, namespace };
    const body = JSON.stringify(subresource === undefined ? { ...typeOf(resource), ...object } : object);
    return this.#call('POST', () => apiPath(resource, at, subresource, writeQuery(options)), { body });
  }

  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    const { subresource } = options;
    const body = JSON.stringify(subresource === 'scale' ? object : { ...typeOf(resource), ...object });
    return this.#call('PUT', () => apiPath(resource, object.metadata, subresource, writeQuery(options)), { body });
  }

  patch<T extends KubeObject>(resource: Resource, name: Name, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const force = patch.type === 'apply' && patch.force === true;
    const body = JSON.stringify(patch.type === 'apply' ? { ...typeOf(resource), ...patch.body } : patch.body);
    const path = (): string => apiPath(resource, name, options.subresource, { ...writeQuery(options), force });
    return this.#call('PATCH', path, { body, contentType: patchTypes[patch.type] });
  }

  async delete(resource: Resource, name: Name, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, dryRun } = options;
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid, resourceVersion },
      gracePeriodSeconds,
      propagationPolicy,
      dryRun: dryRun ? ['All'] : undefined,
    });
    await this.#call('DELETE', () => apiPath(resource, name), { body });
  }

  as(user: string, groups: readonly string[] = []): HttpKubeApi {
    return new HttpKubeApi(this.#cluster, this.#timeouts, this.#transport, {
      'Impersonate-User': user,
      // A header a group: one with all of them, joined, would be one group with a strange name.
      ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    });
  }

  /** Closes all connections; what is still running on them fails. */
  close(): void {
    this.#cluster.close();
  }

  async #call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: () => string,
    options: { body?: string; contentType?: string; timeoutMs?: number } = {},
  ): Promise<T> {
    const { body, contentType = 'application/json', timeoutMs = this.#timeouts.callMs ?? 15_000 } = options;
    const headers = body === undefined ? this.#headers : { ...this.#headers, 'Content-Type': contentType };
    const call = { method, path: path(), headers, body, timeoutMs };
    const answer = await this.#transport.send(call);
    try {
      return JSON.parse(answer) as T;
    } catch (cause) {
      throw malformed(`${method} ${call.path.split('?', 1)[0] ?? ''}`, cause);
    }
  }
}

const typeOf = (resource: Resource) => ({ apiVersion: apiVersionOf(resource), kind: resource.kind });

const writeQuery = ({ fieldManager, dryRun, fieldValidation }: WriteOptions): Query => ({
  fieldManager,
  fieldValidation,
  dryRun: dryRun ? 'All' : undefined,
});

const eventTypes = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function parseEvent<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw malformed(what, cause);
  }
  if (typeof event === 'object' && event !== null && 'type' in event && 'object' in event) {
    if (eventTypes.has(String(event.type)) && typeof event.object === 'object' && event.object !== null)
      return event as WatchEvent<T>;
  }
  throw malformed(what);
}
