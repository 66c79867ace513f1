/**
 * Keeps a store of one kind's objects like the API server's, for ever: lists in pages, watches from there, and goes on
 * after everything that can go wrong. What to do next is decided in `reflector-machine.ts`; here it is done.
 *
 * @example
 * const pods = new Reflector<PodObject>({ api, resource: Pod, transform: slim, clock, random: Math.random, logger });
 * pods.onEvent(({ object }) => queue.add(keyOf(object)));
 * pods.start();
 * await pods.synced(30_000);
 */
import { abortable } from './abortable.ts';
import { ApiError, type KubeApi, type KubeObject, type Resource, type WatchEvent } from './api.ts';
import { afterFailure, longestMs, noBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { errorFields, messageOf, type Logger } from './logger.ts';
import { type ReflectorMetrics, startAtZero } from './reflector-metrics.ts';
import { type ReflectorInput, type ReflectorState, type ReflectorStep, step } from './reflector-machine.ts';
import { MutableStore, type Store, type StoreEvent } from './store.ts';

export interface ReflectorOptions<T extends KubeObject, Raw extends KubeObject = T> {
  readonly api: KubeApi;
  readonly resource: Resource;
  /** Default: every namespace. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Keeps of an object only what is used; `slim` when in doubt. */
  readonly transform: (object: Raw) => T;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: ReflectorMetrics | undefined;
}

export type Listener<T> = (event: StoreEvent<T>) => void;

const pageSize = 500;
/** After its own time-out the server must have ended the watch; if it has not, the connection is dead. */
const graceSeconds = 5;

/** Strips what nobody here reads and what makes objects large: managed fields and kubectl's copy of the object. */
export function slim<T extends KubeObject>(object: T): T {
  const { managedFields: _fields, annotations, ...metadata } = object.metadata;
  if (annotations === undefined) return { ...object, metadata };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _copy, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

export class Reflector<T extends KubeObject, Raw extends KubeObject = T> {
  readonly #options: ReflectorOptions<T, Raw>;
  readonly #store = new MutableStore<T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #listedListeners = new Set<(resourceVersion: string) => void>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  #state: ReflectorState<T> = { at: 'Empty' };
  #backoff = noBackoff;
  #hasSynced = false;
  #lastContactMs = -Infinity;
  #problem: unknown;
  #failingSinceMs: number | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T, Raw>) {
    this.#options = options;
    this.#synced.promise.catch(() => {}); // Whoever waits is told; nobody has to wait.
    if (options.metrics !== undefined) startAtZero(options.metrics, options.resource.kind);
  }

  get store(): Store<T> {
    return this.#store;
  }

  /** Whether the store has been complete once. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** When the API server last said anything about this kind (a page, an event, a bookmark); -Infinity for never. */
  get lastContactMs(): number {
    return this.#lastContactMs;
  }

  /** What went wrong last, until it goes well again; for messages. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Since when nothing has gone well: what the store says may be out of date. Undefined while all is well. */
  get failingSinceMs(): number | undefined {
    return this.#failingSinceMs;
  }

  /** Calls `listener` for every change of the store, after it was made. The result ends that. */
  onEvent(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` each time a list is complete, after its changes were told, with its version. The result ends that. */
  onListed(listener: (resourceVersion: string) => void): () => void {
    this.#listedListeners.add(listener);
    return () => void this.#listedListeners.delete(listener);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch and resolves when nothing runs any more. Also while the first list is on its way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#synced.reject(new Error(`the reflector of ${this.#options.resource.plural} was stopped`));
    await this.#running;
  }

  /** Resolves when the store is complete for the first time; rejects after `timeoutMs` with what went wrong. */
  async synced(timeoutMs?: number): Promise<void> {
    if (timeoutMs === undefined) return this.#synced.promise;
    const { clock, resource } = this.#options;
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(timeoutMs, () => {
      const why = this.#problem === undefined ? 'no answer yet' : messageOf(this.#problem);
      late.reject(
        new Error(`${resource.plural} could not be listed within ${timeoutMs / 1000} s: ${why}`, {
          cause: this.#problem,
        }),
      );
    });
    return Promise.race([this.#synced.promise, late.promise]).finally(cancel);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const last = this.#state.at === 'Watching' ? await this.#watch(this.#state.resourceVersion) : await this.#list();
      if (last.backOff) await this.#wait(last.problem);
    }
  }

  async #list(): Promise<ReflectorStep<T>> {
    const { api, resource, namespace, labelSelector, fieldSelector, metrics } = this.#options;
    const token = this.#state.at === 'InitialList' ? this.#state.continue : undefined;
    const query = { namespace, labelSelector, fieldSelector, limit: pageSize, continue: token };
    metrics?.requests.inc({ kind: resource.kind, verb: 'list' });
    try {
      const page = await abortable(api.list<Raw>(resource, query), this.#stopping.signal);
      const objects = page.items.flatMap((raw) => this.#transform(raw));
      return this.#take({ kind: 'Page', objects, resourceVersion: page.resourceVersion, continue: page.continue });
    } catch (error) {
      return this.#take({ kind: 'ListFailed', error });
    }
  }

  /** Reads one watch to its end. */
  async #watch(resourceVersion: string): Promise<ReflectorStep<T>> {
    const { api, resource, namespace, labelSelector, fieldSelector, clock, random, metrics } = this.#options;
    const startedMs = clock.now();
    const timeoutSeconds = 300 + Math.floor(300 * random());
    const deadlineSeconds = timeoutSeconds + graceSeconds;
    const silence = new AbortController();
    const cancel = clock.after(deadlineSeconds * 1000, () => silence.abort());
    const signal = AbortSignal.any([this.#stopping.signal, silence.signal]);
    const onOpen = (): void => this.#heard(clock.now());
    const query = { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal, onOpen };
    metrics?.requests.inc({ kind: resource.kind, verb: 'watch' });
    let heard = false;
    let error: unknown;
    try {
      for await (const event of api.watch<Raw>(resource, query)) {
        if (this.#stopping.signal.aborted) break;
        heard = true;
        const taken = this.#takeEvent(event);
        if (taken.problem !== undefined) return taken;
      }
      if (silence.signal.aborted) error = silent(resource, deadlineSeconds);
    } catch (thrown) {
      error = thrown;
    } finally {
      cancel();
      // Proxies cut what is idle for a minute: who comes back at once then asks no more often than the back-off allows.
      if (clock.now() - startedMs >= longestMs) this.#backoff = noBackoff;
    }
    return this.#take({ kind: 'WatchEnded', livedMs: clock.now() - startedMs, heard, error });
  }

  #takeEvent(event: WatchEvent<Raw>): ReflectorStep<T> {
    if (event.type === 'BOOKMARK' || event.type === 'ERROR') return this.#take({ kind: 'Event', event });
    const [object] = this.#transform(event.object);
    // What cannot be transformed is left out, but its version has been seen.
    if (object === undefined) return this.#take({ kind: 'Event', event: { type: 'BOOKMARK', object: event.object } });
    return this.#take({ kind: 'Event', event: { type: event.type, object } });
  }

  #take(input: ReflectorInput<T>): ReflectorStep<T> {
    const { clock, resource, metrics, logger } = this.#options;
    const { kind } = resource;
    const taken = step(this.#state, input);
    this.#state = taken.state;
    if (taken.problem === undefined) {
      if (input.kind !== 'WatchEnded') this.#heard(clock.now());
    } else if (!this.#stopping.signal.aborted) {
      this.#problem = taken.problem;
      this.#failingSinceMs ??= clock.now();
      metrics?.errors.inc({ kind });
      logger.warn('list or watch failed', { kind, ...errorFields(taken.problem) });
    }
    const { effect } = taken;
    if (effect?.kind === 'Replace') this.#emit(this.#store.replace(effect.objects));
    else if (effect?.kind === 'Set') this.#emit(this.#store.set(effect.object));
    else if (effect?.kind === 'Delete') this.#emit(this.#store.delete(effect.object));
    if (effect?.kind === 'Replace' && taken.state.at === 'Watching')
      for (const listener of this.#listedListeners) listener(taken.state.resourceVersion);
    if (effect?.kind === 'Replace' && !this.#hasSynced) {
      this.#hasSynced = true;
      this.#synced.resolve();
    }
    return taken;
  }

  #heard(nowMs: number): void {
    this.#lastContactMs = nowMs;
    this.#problem = undefined;
    this.#failingSinceMs = undefined;
    this.#options.metrics?.lastContact.set({ kind: this.#options.resource.kind }, nowMs / 1000);
  }

  #emit(events: readonly StoreEvent<T>[]): void {
    const { metrics, resource } = this.#options;
    const { kind } = resource;
    metrics?.objects.set({ kind }, this.#store.size);
    for (const event of events) {
      metrics?.events.inc({ kind, type: event.type });
      for (const listener of this.#listeners) this.#guarded('handler threw', event.object, () => listener(event));
    }
  }

  /** The object without what is not used, or nothing when `transform` threw. */
  #transform(raw: Raw): T[] {
    return this.#guarded('transform threw', raw, () => [this.#options.transform(raw)]) ?? [];
  }

  /** A fault in someone else's code is his: said and counted, and the reflector goes on. */
  #guarded<R>(message: string, { metadata }: KubeObject, call: () => R): R | undefined {
    try {
      return call();
    } catch (error) {
      const { metrics, logger, resource } = this.#options;
      const { kind } = resource;
      metrics?.handlerErrors.inc({ kind });
      logger.error(message, { kind, namespace: metadata.namespace, name: metadata.name, ...errorFields(error) });
      return undefined;
    }
  }

  async #wait(problem: unknown): Promise<void> {
    const { clock, random } = this.#options;
    const atLeastMs = problem instanceof ApiError ? (problem.retryAfterSeconds ?? 0) * 1000 : 0;
    const { backoff, delayMs } = afterFailure(this.#backoff, clock.now(), random(), atLeastMs);
    this.#backoff = backoff;
    const over = Promise.withResolvers<void>();
    const cancel = clock.after(delayMs, () => over.resolve());
    await abortable(over.promise, this.#stopping.signal).catch(() => {}); // Stopped: the loop sees that itself.
    cancel();
  }
}

const silent = ({ plural }: Resource, seconds: number): ApiError =>
  new ApiError(`watch of ${plural}: it did not end within ${seconds} s as agreed`, { status: 0, reason: 'Timeout' });
