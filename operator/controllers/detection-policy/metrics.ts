import { Counter, Gauge, type Registry } from 'prom-client';
import type { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import type { Policies } from './policies.ts';

export interface PolicyMetricsView {
  readonly policies: Policies;
  readonly evaluator: Pick<Evaluator, 'stats' | 'counts' | 'faults'>;
  readonly isLeader: () => boolean;
}

/** Figures of the judging, looked at when they are asked for; none of them has a label that grows with the cluster. */
export function policyMetrics(registry: Registry, { policies, evaluator, isLeader }: PolicyMetricsView): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value()) });
  };
  const counter = (name: string, help: string, value: () => number): void => {
    const made: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect: () => {
        made.reset();
        made.inc(value());
      },
    });
  };
  const targetsIn = (...states: readonly ('Firing' | 'Clearing' | 'Unknown' | 'Pending' | 'Inactive')[]): number => {
    let sum = 0;
    for (const { compiled } of policies.list()) {
      const counts = evaluator.counts(compiled.id);
      for (const state of states) sum += counts[state];
    }
    return sum;
  };
  const { stats } = evaluator;
  gauge('homeostat_leader', '1 in the process that holds the Lease and acts.', () => (isLeader() ? 1 : 0));
  gauge('homeostat_policies', 'Policies in force.', () => [...policies.list()].length);
  gauge('homeostat_targets_firing', 'Targets that fire, over all policies.', () => targetsIn('Firing', 'Clearing'));
  gauge('homeostat_targets_unknown', 'Targets without recent samples, over all policies.', () => targetsIn('Unknown'));
  counter('homeostat_evaluated_frames_total', 'Frames given to the policies.', () => stats.frames);
  counter('homeostat_evaluated_samples_total', 'Samples that reached a window.', () => stats.samples);
  counter(
    'homeostat_infinite_samples_total',
    'Samples that were infinite, and taken for missing.',
    () => stats.infiniteSamples,
  );
  counter(
    'homeostat_counter_resets_total',
    'Times that a counter came with less than before.',
    () => stats.counterResets,
  );
  counter(
    'homeostat_unheard_samples_total',
    'Samples that policies were not given since they were shed, one for each signal.',
    () => stats.unheardSamples,
  );
  gauge('homeostat_late_samples', 'Samples left out since they came too late, over all policies in force.', () => {
    let sum = 0;
    for (const { compiled } of policies.list()) sum += evaluator.faults(compiled.id)?.lateSamples ?? 0;
    return sum;
  });
  counter(
    'homeostat_refused_targets_total',
    'Targets not judged because a policy has too many.',
    () => stats.refusedTargets,
  );
  counter(
    'homeostat_expression_errors_total',
    'Evaluations of "when" that ended in an error.',
    () => stats.expressionErrors,
  );
}
