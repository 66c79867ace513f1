/** The catalogue of metrics, as a table. */
import type { Metric } from '../../../engine/metrics.ts';
import { openTelemetryName } from '../../../engine/open-telemetry.ts';
import { table } from './table.ts';
import { plain } from './view.ts';

/** Who measures a metric, in words. */
export const measuredBy = ({ producer }: Metric): string => (producer === 'agent' ? 'agent' : 'API server');

/** One line for each metric, at most 120 columns wide; with `wide` as long as it takes, with its states and OpenTelemetry’s name. */
export function metricLines(metrics: readonly Metric[], wide: boolean): string[] {
  const view = { nowMs: 0, columns: wide ? Infinity : 120, wide, paint: plain };
  const columns = [
    { title: 'METRIC' },
    { title: 'UNIT' },
    { title: 'KIND' },
    { title: 'OF EACH' },
    { title: 'FROM' },
    { title: 'WHAT', shrinks: true },
    { title: 'STATES', wide: true },
    { title: 'OPENTELEMETRY', wide: true },
  ] as const;
  const rows = metrics.map((metric) => [
    metric.name,
    metric.unit,
    metric.kind,
    metric.scope,
    measuredBy(metric),
    metric.description,
    Object.keys(metric.states ?? {}).join(', '),
    openTelemetryName(metric.name) ?? '',
  ]);
  return table(view, columns, rows, 0);
}
