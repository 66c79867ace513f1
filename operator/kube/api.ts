/**
 * What the operator asks of a Kubernetes API server. `HttpKubeApi` answers it over HTTPS, `ApiServer` of
 * `operator/testing` in memory; everything else in the operator knows only this interface.
 */

/** A kind of object as its URL names it. */
export interface Resource {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** A condition as the API conventions define it. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Who owns which fields of an object; `fieldsV1` is the set in the API server's `f:` notation. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  subresource?: string;
  fieldsType?: string;
  fieldsV1?: FieldsV1;
}
export interface FieldsV1 {
  [key: string]: FieldsV1;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFields[];
}

/** Any Kubernetes object; narrower types extend it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface Name {
  readonly name: string;
  /** Required for namespaced kinds, absent for the others. */
  readonly namespace?: string | undefined;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** `"0"` may answer from the API server's cache. */
  readonly resourceVersion?: string | undefined;
}

export interface ListResult<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
}

export interface WriteOptions {
  readonly fieldManager?: string | undefined;
  /** The server validates and answers as if, and stores nothing. */
  readonly dryRun?: boolean | undefined;
  readonly subresource?: 'status' | 'scale' | 'resize' | 'eviction' | undefined;
  /** `Strict` refuses unknown fields instead of dropping them with a warning. */
  readonly fieldValidation?: 'Strict' | undefined;
}

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly value?: unknown;
}

export type Patch =
  /** RFC 7396. A `metadata.resourceVersion` or `metadata.uid` in the body is a precondition. */
  | { readonly type: 'merge'; readonly body: object }
  /** RFC 6902. */
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] }
  /** Server-side apply; needs `fieldManager`. */
  | { readonly type: 'apply'; readonly body: object; readonly force?: boolean };

export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly dryRun?: boolean | undefined;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject }
  | {
      readonly type: 'ERROR';
      readonly object: { readonly code?: number; readonly reason?: string; readonly message?: string };
    };

export interface WatchOptions extends ListOptions {
  readonly timeoutSeconds: number;
  /** Ends the stream, also while it is silent. */
  readonly signal: AbortSignal;
  /** Called once the server has accepted the watch; a watch on which nothing happens says nothing else for a minute. */
  readonly onOpen?: (() => void) | undefined;
}

/** Every method rejects with an `ApiError`, also when the server cannot be reached. */
export interface KubeApi {
  get<T extends KubeObject>(resource: Resource, name: Name, subresource?: 'scale'): Promise<T>;
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ListResult<T>>;
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** With `subresource: "eviction"` the object is an Eviction and its metadata names the pod. */
  create<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T>;
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(resource: Resource, name: Name, patch: Patch, options?: WriteOptions): Promise<T>;
  delete(resource: Resource, name: Name, options?: DeleteOptions): Promise<void>;
  /**
   * The same server, asked in the name of `user` (impersonation), for example `system:serviceaccount:shop:fixer`, as a
   * member of these groups; without any, of those that the server gives to whoever has such a name.
   */
  as(user: string, groups?: readonly string[]): KubeApi;
}

/**
 * A refusal or failure, translated once. `status` is the HTTP status, or 0 when no answer came: then the write may or
 * may not have been made (`uncertain`).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The API's own word, such as `NotFound`, `Conflict`, `Expired`, `TooManyRequests`; `Unreachable` or `Timeout` when no answer came. */
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;
  readonly details: unknown;
  constructor(
    message: string,
    options: {
      status: number;
      reason: string;
      retryAfterSeconds?: number | undefined;
      details?: unknown;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
  }
  get uncertain(): boolean {
    return this.status === 0 || this.status === 504;
  }
}

/** True when `error` is an `ApiError` with this reason. */
export const hasReason = (error: unknown, reason: string): error is ApiError =>
  error instanceof ApiError && error.reason === reason;
