import { Counter, type Registry } from 'prom-client';
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

type Requests = Counter<'verb' | 'resource' | 'code'>;

/**
 * The same API server, with every request counted in `homeostat_api_requests_total` by verb, resource (with its
 * subresource) and the answer's HTTP status, 0 without an answer; a watch counts when it is opened or refused.
 */
export function countedApi(api: KubeApi, registry: Registry): KubeApi {
  const requests: Requests = new Counter({
    name: 'homeostat_api_requests_total',
    help: 'Requests to the API server, by what was answered (code 0: nothing).',
    labelNames: ['verb', 'resource', 'code'],
    registers: [registry],
  });
  return new CountedApi(api, requests);
}

class CountedApi implements KubeApi {
  readonly #api: KubeApi;
  readonly #requests: Requests;

  constructor(api: KubeApi, requests: Requests) {
    this.#api = api;
    this.#requests = requests;
  }

  get<T extends KubeObject>(resource: Resource, name: Name, subresource?: 'scale'): Promise<T> {
    return this.#count('get', resource, subresource, this.#api.get<T>(resource, name, subresource));
  }
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ListResult<T>> {
    return this.#count('list', resource, undefined, this.#api.list<T>(resource, options));
  }
  create<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T> {
    return this.#count('create', resource, options?.subresource, this.#api.create<T>(resource, object, options), 201);
  }
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T> {
    return this.#count('update', resource, options?.subresource, this.#api.replace<T>(resource, object, options));
  }
  patch<T extends KubeObject>(resource: Resource, name: Name, patch: Patch, options?: WriteOptions): Promise<T> {
    return this.#count('patch', resource, options?.subresource, this.#api.patch<T>(resource, name, patch, options));
  }
  delete(resource: Resource, name: Name, options?: DeleteOptions): Promise<void> {
    return this.#count('delete', resource, undefined, this.#api.delete(resource, name, options));
  }
  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    let isOpen = false;
    const onOpen = (): void => {
      isOpen = true;
      this.#add('watch', resource, undefined, 200);
      options.onOpen?.();
    };
    try {
      yield* this.#api.watch<T>(resource, { ...options, onOpen });
    } catch (error) {
      if (!isOpen) this.#add('watch', resource, undefined, codeOf(error));
      throw error;
    }
  }
  as(user: string, groups?: readonly string[]): KubeApi {
    return new CountedApi(this.#api.as(user, groups), this.#requests);
  }

  async #count<T>(
    verb: string,
    resource: Resource,
    subresource: string | undefined,
    answer: Promise<T>,
    success = 200,
  ): Promise<T> {
    try {
      const value = await answer;
      this.#add(verb, resource, subresource, success);
      return value;
    } catch (error) {
      this.#add(verb, resource, subresource, codeOf(error));
      throw error;
    }
  }

  #add(verb: string, { plural }: Resource, subresource: string | undefined, code: number): void {
    this.#requests.inc({ verb, resource: subresource === undefined ? plural : `${plural}/${subresource}`, code });
  }
}

const codeOf = (error: unknown): number => (error instanceof ApiError ? error.status : 0);
