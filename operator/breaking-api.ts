/**
 * The API server, left in peace for some seconds when it does not answer, or only by faults of its own. What acts on targets
 * and takes back is not held up by it, nor are watches and the Lease (docs/backpressure.md says why); they only say here how
 * they fare.
 */
import type { Registry } from 'prom-client';
import { Breaker } from '../wire/breaker.ts';
import { showBreakers } from '../wire/breaker-metrics.ts';
import { ApiError, type KubeApi, type KubeObject, type WatchEvent } from './kube/api.ts';
import { monotonicMs, type Clock } from './kube/clock.ts';

/** Of everybody together: as long as anything is answered, one thing that is not is a fault of that thing. */
const limits = { failures: 10, firstMs: 1000, longestMs: 15_000 };

export interface ApiBreaker {
  /** For those who can wait: rejects at once, with when to come again, while the API server is left in peace. */
  patient(api: KubeApi): KubeApi;
  /** For those who may not be held up. */
  pressing(api: KubeApi): KubeApi;
}

export function apiBreaker(clock: Clock, registry: Registry): ApiBreaker {
  const breaker = new Breaker(limits);
  const nowMs = (): number => monotonicMs(clock);
  /** What went wrong last. */
  let why = '';
  showBreakers(registry, 'kube-api', () => [breaker], nowMs);
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const value = await answer;
      breaker.succeeded();
      return value;
    } catch (error) {
      if (isItsFault(error)) {
        breaker.failed(nowMs());
        why = error.message;
      } else breaker.succeeded();
      throw error;
    }
  };
  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    const waitMs = breaker.admit(nowMs());
    if (waitMs > 0) throw leftInPeace(why, waitMs);
    return told(call());
  };
  const heard = (): void => breaker.succeeded();
  return {
    patient: (api) => wrapped(api, guarded, heard),
    pressing: (api) => wrapped(api, (call) => told(call()), heard),
  };
}

/** No answer, or one that says that the server is in trouble. */
const isItsFault = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500);

const leftInPeace = (why: string, waitMs: number): ApiError =>
  new ApiError(`left in peace for some seconds: ${why}`, {
    status: 503,
    reason: 'ServiceUnavailable',
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });

const wrapped = (api: KubeApi, made: <T>(call: () => Promise<T>) => Promise<T>, heard: () => void): KubeApi => ({
  get: (...question) => made(() => api.get(...question)),
  list: (...question) => made(() => api.list(...question)),
  create: (...change) => made(() => api.create(...change)),
  replace: (...change) => made(() => api.replace(...change)),
  patch: (...change) => made(() => api.patch(...change)),
  delete: (...wish) => made(() => api.delete(...wish)),
  // Each reflector comes back later and later by itself; that it is answered is news for all.
  watch: <T extends KubeObject>(...[resource, options]: Parameters<KubeApi['watch']>): AsyncIterable<WatchEvent<T>> => {
    const onOpen = (): void => {
      heard();
      options.onOpen?.();
    };
    return api.watch<T>(resource, { ...options, onOpen });
  },
  as: (...whom) => wrapped(api.as(...whom), made, heard),
});
