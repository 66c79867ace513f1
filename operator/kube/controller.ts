/**
 * The reconcile contract: a key goes in; out comes nothing, or when to look again. An error is retried with back-off;
 * a `TerminalError` is not, because only a change of the object can mend it. No sleeps and no loops inside.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { ApiError, hasReason } from './api.ts';
import { type Clock, monotonicMs } from './clock.ts';
import { errorFields, type Logger } from './logger.ts';
import { WorkQueue } from './queue.ts';

/** Trying again is of no use: the object itself must change. The message is meant for people, in a condition. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export type Reconcile = (key: string) => Promise<{ readonly requeueAfterMs?: number | undefined } | void>;

export interface ControllerOptions {
  /** In logs and metrics, such as `remediation`. */
  readonly name: string;
  readonly reconcile: Reconcile;
  /** Turns a `TerminalError` into a condition. When this fails, the key is retried like any other. */
  readonly onTerminal?: ((key: string, error: TerminalError) => Promise<void>) | undefined;
  /** How many keys at once. Default 4. */
  readonly workers?: number | undefined;
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Controller {
  /** Reconciles `namespace/name` as soon as a worker is free, urgently before all that is not. */
  add(key: string, urgently?: boolean): void;
  /** Reconciles it in `ms` milliseconds at the latest. */
  addAfter(key: string, ms: number): void;
  /** Keys waiting for a worker. */
  readonly depth: number;
  /** Keys being reconciled. */
  readonly active: number;
  /** Takes no more keys and resolves when the running reconciles have ended. */
  stop(): Promise<void>;
}

/** Starts a controller; it works on what is added to it. */
export function runController(options: ControllerOptions): Controller {
  const { name, reconcile, onTerminal, clock, logger } = options;
  const metrics = metricsOf(options.registry);
  for (const result of ['success', 'error', 'terminal']) metrics.total.inc({ controller: name, result }, 0);

  const work = async (key: string): Promise<number | void> => {
    const startedMs = monotonicMs(clock);
    let result = 'error';
    try {
      const outcome = await reconcile(key);
      result = 'success';
      return outcome?.requeueAfterMs;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      await onTerminal?.(key, error);
      result = 'terminal';
      logger.warn('cannot reconcile until the object changes', { controller: name, key, error: error.message });
    } finally {
      metrics.total.inc({ controller: name, result });
      metrics.duration.observe({ controller: name }, (monotonicMs(clock) - startedMs) / 1000);
    }
  };

  const queue = new WorkQueue({
    work,
    clock,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.random === undefined ? {} : { random: options.random }),
    retryAfterMs: (error) => (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0),
    onError: (key, error, failures, retryInMs) => {
      const fields = { controller: name, key, failures, retryInMs: Math.round(retryInMs), ...errorFields(error) };
      // A first conflict is the way of the world: somebody else wrote in between.
      if (hasReason(error, 'Conflict') && failures === 1) logger.debug('reconcile met a newer version', fields);
      else logger.error('reconcile failed', fields);
    },
  });
  metrics.queues.set(name, queue);

  return {
    add: (key, urgently) => queue.add(key, urgently),
    addAfter: (key, ms) => queue.addAfter(key, ms),
    get depth() {
      return queue.depth;
    },
    get active() {
      return queue.active;
    },
    stop: () => queue.close(),
  };
}

interface Metrics {
  readonly total: Counter<'controller' | 'result'>;
  readonly duration: Histogram<'controller'>;
  readonly queues: Map<string, WorkQueue>;
}

/** All controllers of a registry share their metrics. */
const metricsByRegistry = new WeakMap<Registry, Metrics>();

function metricsOf(registry: Registry): Metrics {
  const known = metricsByRegistry.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const queues = new Map<string, WorkQueue>();
  const labelNames = ['controller'] as const;
  const gauge = (name: string, help: string, read: (queue: WorkQueue) => number): Gauge<'controller'> =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [controller, queue] of queues) this.set({ controller }, read(queue));
      },
    });
  gauge('homeostat_reconcile_queue_depth', 'Keys waiting for a worker.', (queue) => queue.depth);
  gauge(
    'homeostat_reconcile_queue_age_seconds',
    'How long the oldest waiting key has waited.',
    (queue) => queue.ageMs / 1000,
  );
  gauge('homeostat_reconcile_active', 'Keys being reconciled.', (queue) => queue.active);
  const metrics = {
    queues,
    total: new Counter({
      name: 'homeostat_reconcile_total',
      help: 'Reconciles by how they ended.',
      labelNames: ['controller', 'result'],
      registers,
    }),
    duration: new Histogram({
      name: 'homeostat_reconcile_duration_seconds',
      help: 'How long a reconcile took.',
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };
  metricsByRegistry.set(registry, metrics);
  return metrics;
}
