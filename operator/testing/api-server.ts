/**
 * An API server in memory: the `KubeApi` of every test above the pure ones, and of the simulation. Deterministic
 * (identities from a counter, time from the clock) and honest: one conformance suite runs the same cases against it and
 * against a real API server. It stores objects; it runs no controllers, no scheduler and no kubelet.
 *
 * @example
 * const server = new ApiServer({ clock });
 * server.seed(Node, node({ name: 'n1' }));
 * server.faults = ({ verb }) => (verb === 'patch' ? { kind: 'afterCommit', error: timeout() } : undefined);
 */
import type {
  DeleteOptions,
  KubeApi,
  KubeObject,
  ListOptions,
  ListResult,
  Name,
  Patch,
  Resource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { apiVersionOf, pluralDotGroup } from '../kube/resources.ts';
import type { ApiRequest, Fault } from './api-request.ts';
import { badRequest, expired, forbidden, notFound } from './api-errors.ts';
import { copy } from './copy.ts';
import { Deletions } from './deletions.ts';
import { builtInListKeys, type ListKeys } from './field-ownership.ts';
import { ObjectStore, type Change } from './object-store.ts';
import { selects } from './selectors.ts';
import { scaleOf } from './subresources.ts';
import { Watches } from './watches.ts';
import { Writes } from './writes.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly faults?: (request: ApiRequest) => Fault | undefined;
  /** Answers access reviews and refuses requests (403). Default: everything is allowed. */
  readonly authorize?: (request: ApiRequest) => boolean;
  /** A schema check before an object is stored; throws an `ApiError` to refuse it. */
  readonly validate?: (resource: Resource, object: KubeObject) => void;
  /** How further lists are merged by server-side apply, by field name. */
  readonly listKeys?: ListKeys;
  /** How long a scheduled pod that is deleted stays, at most its grace period. Default 1000. */
  readonly podTerminationMs?: number;
  /** Whose objects are told field by field who set them. Default: everybody's. */
  readonly tracksOwners?: (resource: Resource) => boolean;
  /**
   * For tests that serve millions of requests: what is stored is handed out itself, deeply frozen, instead of a copy for
   * each, and no request is kept.
   */
  readonly shared?: boolean;
  /** Told of every change as it is stored, and of the request that makes it; of what time or a seed brings about, without one. */
  readonly onCommit?: (change: Change, request: ApiRequest | undefined) => void;
}

/** The methods of `KubeApi` as requests to one door. */
export abstract class RequestClient implements KubeApi {
  abstract serve(request: ApiRequest): Promise<unknown>;

  async get<T extends KubeObject>(resource: Resource, name: Name, subresource?: 'scale'): Promise<T> {
    return (await this.serve({ verb: 'get', resource, ...name, subresource })) as T;
  }
  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListResult<T>> {
    return (await this.serve({ verb: 'list', resource, namespace: options.namespace, options })) as ListResult<T>;
  }
  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const events = await this.serve({ verb: 'watch', resource, namespace: options.namespace, options });
    options.onOpen?.();
    yield* events as AsyncIterable<WatchEvent<T>>;
  }
  async create<T extends KubeObject>(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const { subresource } = options;
    return (await this.serve({ verb: 'create', resource, name, namespace, subresource, body: object, options })) as T;
  }
  async replace<T extends KubeObject>(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const { subresource } = options;
    return (await this.serve({ verb: 'replace', resource, name, namespace, subresource, body: object, options })) as T;
  }
  async patch<T extends KubeObject>(
    resource: Resource,
    { name, namespace }: Name,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const { subresource } = options;
    return (await this.serve({ verb: 'patch', resource, name, namespace, subresource, patch, options })) as T;
  }
  async delete(resource: Resource, { name, namespace }: Name, options: DeleteOptions = {}): Promise<void> {
    await this.serve({ verb: 'delete', resource, name, namespace, options });
  }
  as(user: string): KubeApi {
    return new ImpersonatingClient(this, user);
  }
}

class ImpersonatingClient extends RequestClient {
  readonly #server: RequestClient;
  readonly #user: string;
  constructor(server: RequestClient, user: string) {
    super();
    this.#server = server;
    this.#user = user;
  }
  serve(request: ApiRequest): Promise<unknown> {
    return this.#server.serve({ user: this.#user, ...request });
  }
}

export class ApiServer extends RequestClient {
  /** Every request so far, oldest first, also those that a fault refused; none when what is stored is shared. */
  readonly requests: ApiRequest[] = [];
  /** Decides what goes wrong; may be exchanged at any time. */
  faults: (request: ApiRequest) => Fault | undefined;
  authorize: (request: ApiRequest) => boolean;
  readonly #clock: Clock;
  readonly #isShared: boolean;
  readonly #store: ObjectStore;
  readonly #watches: Watches;
  readonly #deletions: Deletions;
  readonly #writes: Writes;
  readonly #pages = new Map<string, { readonly rest: KubeObject[]; readonly revision: number }>();
  #nextPage = 1;
  /** The request that is being executed. */
  #current: ApiRequest | undefined;

  constructor(options: ApiServerOptions) {
    super();
    const { onCommit, shared = false } = options;
    this.#isShared = shared;
    this.#store = new ObjectStore(shared);
    if (onCommit !== undefined) this.#store.subscribe((change) => onCommit(change, this.#current));
    this.#clock = options.clock;
    this.faults = options.faults ?? (() => undefined);
    this.authorize = options.authorize ?? (() => true);
    this.#watches = new Watches(this.#store, options.clock, shared);
    this.#deletions = new Deletions(this.#store, options.clock, options.podTerminationMs ?? 1000);
    this.#writes = new Writes(this.#store, this.#deletions, {
      clock: options.clock,
      listKeys: { ...builtInListKeys, ...options.listKeys },
      validate: options.validate ?? (() => {}),
      tracksOwners: options.tracksOwners ?? (() => true),
    });
  }

  /** Puts an object into the world with its status, as if others had made it: no request, no fault, no owner of fields. */
  seed<T extends KubeObject>(resource: Resource, object: T): T {
    return this.#handOut(this.#writes.seed(resource, copy(object))) as T;
  }

  /** What is stored now, without a request. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as KubeApi.get has it
  find<T extends KubeObject>(resource: Resource, name: Name): T | undefined {
    return this.#handOut(this.#store.get(resource, name)) as T | undefined;
  }

  /** The very object that is stored now, to be looked at and never changed. */
  peek(resource: Resource, name: Name): KubeObject | undefined {
    return this.#store.get(resource, name);
  }

  /** The request that is being executed at this moment, for whoever is called in the middle of it. */
  get executing(): ApiRequest | undefined {
    return this.#current;
  }

  /** Every stored object of a kind, ordered by namespace and name, without a request. */
  all<T extends KubeObject>(resource: Resource): T[] {
    return this.#handOut(this.#store.all(resource)) as T[];
  }

  /** The logged requests that change something, without dry runs. */
  get writes(): ApiRequest[] {
    return this.requests.filter(
      ({ verb, options }) =>
        !['get', 'list', 'watch'].includes(verb) && !(options !== undefined && 'dryRun' in options && options.dryRun),
    );
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  /** Ends every watch, after an ERROR event when one is given. */
  closeWatches(error?: { code: number; reason: string; message?: string }): void {
    this.#watches.close(error === undefined ? undefined : { type: 'ERROR', object: error });
  }

  /** Forgets the history: watches from an older version and further pages of older lists answer 410. */
  compact(): void {
    this.#store.compact();
    this.#pages.clear();
  }

  async serve(request: ApiRequest): Promise<unknown> {
    const logged: ApiRequest = {
      ...request,
      body: copy(request.body),
      patch: copy(request.patch),
    };
    if (!this.#isShared) this.requests.push(logged);
    await Promise.resolve();
    const fault = this.faults(logged);
    if (fault?.kind === 'error') throw fault.error;
    if (fault?.kind === 'delayMs') await new Promise<void>((resolve) => void this.#clock.after(fault.ms, resolve));
    if (request.resource.kind !== 'SelfSubjectAccessReview' && !this.authorize(logged)) {
      throw forbidden(request.resource, request.name, request.user ?? 'homeostat', request.verb);
    }
    this.#current = logged;
    let answer: unknown;
    try {
      answer = this.#execute(logged);
    } finally {
      this.#current = undefined;
    }
    if (fault?.kind === 'afterCommit') throw fault.error;
    return request.verb === 'watch' ? answer : this.#handOut(answer);
  }

  #handOut<T>(value: T): T {
    return this.#isShared ? value : copy(value);
  }

  #execute(request: ApiRequest): unknown {
    const { resource, options } = request;
    if (resource.namespaced && request.name !== undefined && request.namespace === undefined) {
      throw badRequest(`an empty namespace may not be set when a resource name is provided`);
    }
    switch (request.verb) {
      case 'get':
        return this.#get(request);
      case 'list':
        return this.#list(resource, options as ListOptions);
      case 'watch':
        return this.#watches.open(resource, options as WatchOptions);
      case 'create':
        return resource.kind === 'SelfSubjectAccessReview' ? this.#review(request) : this.#writes.create(request);
      case 'replace':
        return this.#writes.replace(request);
      case 'patch':
        return this.#writes.patch(request);
      case 'delete':
        return this.#deletions.delete(request);
    }
  }

  #get({ resource, name = '', namespace, subresource }: ApiRequest): KubeObject {
    const object = this.#store.get(resource, { name, namespace });
    if (object === undefined) throw notFound(resource, name);
    return subresource === 'scale' ? scaleOf(resource, object) : object;
  }

  #list(resource: Resource, options: ListOptions): ListResult<KubeObject> {
    const page =
      options.continue === undefined
        ? {
            rest: this.#store.all(resource).filter((object) => selects(options, object)),
            revision: this.#store.revision,
          }
        : this.#pages.get(options.continue);
    if (page === undefined) throw expired();
    const { limit = page.rest.length } = options;
    const [items, rest] = [page.rest.slice(0, limit), page.rest.slice(limit)];
    const resourceVersion = String(page.revision);
    if (rest.length === 0) return { items, resourceVersion };
    const token = `${pluralDotGroup(resource)}-${this.#nextPage++}`;
    this.#pages.set(token, { rest, revision: page.revision });
    return { items, resourceVersion, continue: token };
  }

  /** A SelfSubjectAccessReview is the question whether `authorize` would let a request pass. */
  #review({ body, user }: ApiRequest): object {
    const { resourceAttributes: asked = {} } = (body as { spec: { resourceAttributes?: Record<string, string> } }).spec;
    const resource: Resource = {
      group: asked['group'] ?? '',
      version: '',
      kind: '',
      plural: asked['resource'] ?? '',
      namespaced: asked['namespace'] !== undefined,
    };
    const verb = (asked['verb'] === 'update' ? 'replace' : asked['verb']) as ApiRequest['verb'];
    const { namespace, subresource, name } = asked;
    const allowed = this.authorize({ verb, resource, namespace, subresource, name, user });
    return {
      ...(body as object),
      apiVersion: apiVersionOf({ ...resource, group: 'authorization.k8s.io', version: 'v1' }),
      status: { allowed },
    };
  }
}
