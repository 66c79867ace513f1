import { Counter, Gauge, type Registry } from 'prom-client';

export const results = ['Delivered', 'Retried', 'Refused', 'Deferred'] as const;
export type Result = (typeof results)[number];

export interface NotifyMetrics {
  readonly told: (notifier: string, result: Result) => void;
  /** Begins the counts of a notifier at 0, so that a rate exists from the first scrape. */
  readonly known: (notifier: string) => void;
}

/** `waiting` answers how many notifications wait, by notifier. */
export function notifyMetrics(
  registry: Registry,
  waiting: () => Iterable<[notifier: string, count: number]>,
): NotifyMetrics {
  const registers = [registry];
  const told = new Counter({
    name: 'homeostat_notifications_total',
    help: 'Attempts to tell a notifier something: delivered, to be tried again, refused, or put off because its queue is full.',
    labelNames: ['notifier', 'result'],
    registers,
  });
  const waits = new Gauge({
    name: 'homeostat_notifications_waiting',
    help: 'Notifications that are not delivered yet.',
    labelNames: ['notifier'],
    registers,
    collect() {
      waits.reset();
      for (const [notifier, count] of waiting()) waits.set({ notifier }, count);
    },
  });
  return {
    told: (notifier, result) => told.inc({ notifier, result }),
    known: (notifier) => {
      for (const result of results) told.inc({ notifier, result }, 0);
    },
  };
}
