import type { ApiError, DeleteOptions, ListOptions, Patch, Resource, WatchOptions, WriteOptions } from '../kube/api.ts';

/** One request, as it is logged and as the fault hook sees it. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'replace' | 'patch' | 'delete';
  readonly resource: Resource;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly subresource?: string | undefined;
  /** Whom the request impersonates. */
  readonly user?: string | undefined;
  /** Which program asks, for whoever watches the server. */
  readonly origin?: string | undefined;
  readonly body?: unknown;
  readonly patch?: Patch | undefined;
  readonly options?: ListOptions | WatchOptions | WriteOptions | DeleteOptions | undefined;
}

export type Fault =
  /** Refused; nothing was done. */
  | { readonly kind: 'error'; readonly error: ApiError }
  /** Done, but the answer was lost. */
  | { readonly kind: 'afterCommit'; readonly error: ApiError }
  /** Done and answered, late. */
  | { readonly kind: 'delayMs'; readonly ms: number };
