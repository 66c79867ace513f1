import { Counter, Gauge, type Registry } from 'prom-client';
import type { Check } from '../../engine/history/exact.ts';
import type { RecorderStats } from '../../engine/history/recorder.ts';
import { countersOf } from '../observe/metrics.ts';

/** What became of the sketches of a minute. */
export type MinuteResult = 'Published' | 'Dropped';
/** What became of an hour of one metric of one entity. */
export type ProfileResult = 'Written' | 'TooYoung' | 'Refused';
/** What became of the question what is usual. */
export type UsualResult = 'Found' | 'NoHistory' | 'TimedOut' | 'Failed' | 'Busy' | 'NotAsked';

export interface HistoryMetrics {
  minute(result: MinuteResult): void;
  profile(result: ProfileResult): void;
  usual(result: UsualResult): void;
  check(check: Check): void;
  /** The figures as they stand. */
  recorded(stats: RecorderStats): void;
}

export function historyMetrics(registry: Registry, seriesCount: () => number): HistoryMetrics {
  const registers = [registry];
  const counter = (name: string, help: string): ((total: number) => void) => {
    const made = new Counter({ name, help, registers });
    let last = 0;
    return (total) => {
      made.inc(total - last);
      last = total;
    };
  };
  const series: Gauge = new Gauge({
    name: 'homeostat_history_series',
    help: 'Series of which a sketch is kept each minute.',
    registers,
    collect: () => series.set(seriesCount()),
  });
  const samples = counter('homeostat_history_samples_total', 'Samples that were added to sketches.');
  const late = counter('homeostat_history_late_samples_total', 'Samples that came when their minute was over.');
  const refused = counter(
    'homeostat_history_refused_series_total',
    'Rows without a series, of which there were too many.',
  );
  const checked = countersOf<'Held' | 'Violated'>(
    registry,
    'homeostat_history_sketch_checks_total',
    'Sketches that were compared with exact figures, by whether their promise held.',
    'result',
    ['Held', 'Violated'],
  );
  const worst = new Gauge({
    name: 'homeostat_history_sketch_worst_error_ratio',
    help: 'Greatest distance of a quantile from the exact one, as a share of it, in all checks.',
    registers,
  });
  let worstError = 0;
  worst.set(0);
  return {
    minute: countersOf<MinuteResult>(
      registry,
      'homeostat_history_minutes_total',
      'Minutes of sketches: published, or dropped because the broker was away for too long.',
      'result',
      ['Published', 'Dropped'],
    ),
    profile: countersOf<ProfileResult>(
      registry,
      'homeostat_history_profiles_total',
      'Hours of series: written to their profile, too short to begin one, or refused by the broker.',
      'result',
      ['Written', 'TooYoung', 'Refused'],
    ),
    usual: countersOf<UsualResult>(
      registry,
      'homeostat_history_usual_total',
      'Questions what is usual, by what became of them.',
      'result',
      ['Found', 'NoHistory', 'TimedOut', 'Failed', 'Busy', 'NotAsked'],
    ),
    check({ error, isViolated }) {
      checked(isViolated ? 'Violated' : 'Held');
      worstError = Math.max(worstError, error);
      worst.set(worstError);
    },
    recorded(stats) {
      samples(stats.samples);
      late(stats.lateSamples);
      refused(stats.refusedSeries);
    },
  };
}
