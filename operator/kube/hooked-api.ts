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
} from './api.ts';

/** Called around a write, with what it is in a few words, such as `patch remediations/status fence-1`. */
export type WriteHook = (when: 'Before' | 'After', write: string) => void;

/** Questions that are asked by creating something which is not kept, and Events, on which nothing ever depends. */
const passed = new Set(['authorization.k8s.io', 'authentication.k8s.io', 'events.k8s.io']);

/** The same API server, with a hook before and after every write of something that lasts: tests end the process there. */
export class HookedApi implements KubeApi {
  readonly #api: KubeApi;
  readonly #hook: WriteHook;

  constructor(api: KubeApi, hook: WriteHook) {
    this.#api = api;
    this.#hook = hook;
  }

  get<T extends KubeObject>(resource: Resource, name: Name, subresource?: 'scale'): Promise<T> {
    return this.#api.get<T>(resource, name, subresource);
  }
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ListResult<T>> {
    return this.#api.list<T>(resource, options);
  }
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    return this.#api.watch<T>(resource, options);
  }
  create<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T> {
    return this.#around('create', resource, object.metadata, options, () =>
      this.#api.create<T>(resource, object, options),
    );
  }
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T> {
    return this.#around('update', resource, object.metadata, options, () =>
      this.#api.replace<T>(resource, object, options),
    );
  }
  patch<T extends KubeObject>(resource: Resource, name: Name, patch: Patch, options?: WriteOptions): Promise<T> {
    return this.#around('patch', resource, name, options, () => this.#api.patch<T>(resource, name, patch, options));
  }
  delete(resource: Resource, name: Name, options?: DeleteOptions): Promise<void> {
    return this.#around('delete', resource, name, options, () => this.#api.delete(resource, name, options));
  }
  as(user: string, groups?: readonly string[]): KubeApi {
    return new HookedApi(this.#api.as(user, groups), this.#hook);
  }

  async #around<T>(
    verb: string,
    { group, plural }: Resource,
    { name }: Name,
    options: WriteOptions | DeleteOptions | undefined,
    write: () => Promise<T>,
  ): Promise<T> {
    if (options?.dryRun === true || passed.has(group)) return write();
    const subresource = options !== undefined && 'subresource' in options ? options.subresource : undefined;
    const what = `${verb} ${plural}${subresource === undefined ? '' : `/${subresource}`} ${name}`;
    this.#hook('Before', what);
    const answer = await write();
    this.#hook('After', what);
    return answer;
  }
}
