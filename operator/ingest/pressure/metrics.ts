import { Counter, Gauge, type Registry } from 'prom-client';
import { countersOf } from '../../observe/metrics.ts';

export interface SheddingMetrics {
  /** So many more policies are shed, so many are judged again. */
  changed(shed: number, judged: number): void;
  /** So many seconds of policies were not judged. */
  shedFor(seconds: number): void;
}

/** How much is not judged since the reading does not keep up. */
export function sheddingMetrics(registry: Registry, shedNow: () => number): SheddingMetrics {
  const registers = [registry];
  const gauge: Gauge = new Gauge({
    name: 'homeostat_policies_shed',
    help: 'Policies that are not judged now, since the stream is not kept up with.',
    registers,
    collect: () => gauge.set(shedNow()),
  });
  const seconds = new Counter({
    name: 'homeostat_policies_shed_seconds_total',
    help: 'Seconds in which policies were not judged, summed over policies.',
    registers,
  });
  const change = countersOf(
    registry,
    'homeostat_policy_sheddings_total',
    'Policies that were shed, or judged again.',
    'change',
    ['Shed', 'Judged'],
  );
  return {
    changed(shed, judged) {
      for (let i = 0; i < shed; i++) change('Shed');
      for (let i = 0; i < judged; i++) change('Judged');
    },
    shedFor: (passed) => seconds.inc(passed),
  };
}
