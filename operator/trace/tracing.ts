/** Everything that tells traces, put together; nothing of it exists unless it is said where they go. */
import type { Registry } from 'prom-client';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../kube/logger.ts';
import { TraceExporter } from './exporter.ts';
import { otlpTarget, type OtlpSettings } from './target.ts';
import { Tracer, type TracerOptions } from './tracer.ts';

export interface TracingOptions extends Pick<TracerOptions, 'kinds' | 'isLeader'> {
  readonly settings: OtlpSettings;
  /** Which process tells. */
  readonly identity: string;
  readonly namespace: string;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Tracing {
  /** To be called when this process begins to lead. */
  resync(): void;
  stop(): Promise<void>;
}

/** Undefined when traces go nowhere. */
export function tracing(options: TracingOptions): Tracing | undefined {
  const { settings, identity, namespace, version, clock, logger, registry, kinds, isLeader } = options;
  const target = otlpTarget(settings);
  if (target === undefined) return undefined;
  const resource = {
    'service.name': 'homeostat-operator',
    'service.namespace': namespace,
    'service.instance.id': identity,
    'service.version': version,
  };
  const exporter = new TraceExporter({ target, resource, version, clock, logger, registry });
  const tracer = new Tracer({ kinds, isLeader, clock, offer: (spans) => exporter.offer(spans) });
  return {
    resync: () => tracer.resync(),
    stop: () => {
      tracer.stop();
      return exporter.stop();
    },
  };
}
