import { Counter, Gauge, type Registry } from 'prom-client';

/** What reflectors count, by `kind`. One set serves all reflectors of a process. */
export interface ReflectorMetrics {
  readonly events: Counter<'kind' | 'type'>;
  readonly requests: Counter<'kind' | 'verb'>;
  readonly errors: Counter<'kind'>;
  readonly handlerErrors: Counter<'kind'>;
  readonly objects: Gauge<'kind'>;
  readonly lastContact: Gauge<'kind'>;
}

export function reflectorMetrics(registry: Registry): ReflectorMetrics {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'homeostat_reflector_events_total',
      help: 'Changes seen in the cluster.',
      labelNames: ['kind', 'type'],
      registers,
    }),
    requests: new Counter({
      name: 'homeostat_reflector_requests_total',
      help: 'Lists (pages) and watches asked for.',
      labelNames: ['kind', 'verb'],
      registers,
    }),
    errors: new Counter({
      name: 'homeostat_reflector_errors_total',
      help: 'Lists and watches that went wrong.',
      labelNames: ['kind'],
      registers,
    }),
    handlerErrors: new Counter({
      name: 'homeostat_reflector_handler_errors_total',
      help: 'Handlers and transforms that threw.',
      labelNames: ['kind'],
      registers,
    }),
    objects: new Gauge({
      name: 'homeostat_reflector_objects',
      help: 'Objects in the store.',
      labelNames: ['kind'],
      registers,
    }),
    lastContact: new Gauge({
      name: 'homeostat_reflector_last_contact_timestamp_seconds',
      help: 'When the API server was last heard.',
      labelNames: ['kind'],
      registers,
    }),
  };
}

/** Starts every label value of `kind` at 0, so that a rate can be taken from the first change on. */
export function startAtZero(metrics: ReflectorMetrics, kind: string): void {
  for (const type of ['ADDED', 'MODIFIED', 'DELETED']) metrics.events.inc({ kind, type }, 0);
  for (const verb of ['list', 'watch']) metrics.requests.inc({ kind, verb }, 0);
  metrics.errors.inc({ kind }, 0);
  metrics.handlerErrors.inc({ kind }, 0);
  metrics.objects.set({ kind }, 0);
}
