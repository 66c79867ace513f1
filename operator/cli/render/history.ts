/** The past of a metric, and what is usual of it. */
import { together, usualAt } from '../../../engine/history/profile.ts';
import { minuteMs } from '../../../engine/history/series.ts';
import { metricNamed } from '../../../engine/metrics.ts';
import { quantile, type Sketch } from '../../../engine/sketch/sketch.ts';
import type { Past } from '../../history/past.ts';
import { table, type Cell } from './table.ts';
import { section, wrapped, type View } from './view.ts';

export interface ToldPast extends Past {
  readonly entity: string;
  readonly metric: string;
  readonly container: string | undefined;
  readonly periodMs: number;
}

export function historyLines(told: ToldPast, view: View): string[] {
  const { entity, metric, container, containers, periods } = told;
  const known = metricNamed(metric);
  const unit = known === undefined ? '' : known.kind === 'counter' ? ` (${known.unit} a second)` : ` (${known.unit})`;
  const whose =
    container !== undefined
      ? `, container ${container}`
      : containers.length > 1
        ? `, containers ${containers.join(', ')} together`
        : '';
  return [
    ...wrapped(`${metric}${unit} of ${entity}${whose}`, view.columns, 2),
    ...(periods.length === 0
      ? section(view, 'PAST', wrapped(nothingKept, view.columns - 2, 0))
      : section(view, 'PAST', pastLines(told, view))),
    ...section(view, 'USUAL', usualLines(told, view)),
  ];
}

const nothingKept =
  'nothing was kept of it in this time. Kept is, minute by minute, what policies in force read, and what the operator is told to keep besides (--history-metrics)';

const pastLines = ({ periods, periodMs }: ToldPast, view: View): string[] =>
  table(
    view,
    [
      { title: 'FROM (UTC)' },
      { title: 'MINUTES' },
      { title: 'P50' },
      { title: 'P90' },
      { title: 'P99' },
      { title: 'MAX' },
      { title: 'SAMPLES', wide: true },
      { title: 'MIN', wide: true },
      { title: 'MEAN', wide: true },
    ],
    periods.map(({ fromMs, minutes, sketch }): Cell[] => {
      const at = new Date(fromMs).toISOString();
      const from = periodMs >= 86_400_000 ? at.slice(0, 10) : at.slice(0, 16).replace('T', ' ');
      if (minutes === 0) return [from, { text: 'gap', tone: 'warn' }];
      const whole = periodMs / minuteMs;
      return [
        from,
        minutes === whole ? String(minutes) : `${minutes} of ${whole}`,
        ...[0.5, 0.9, 0.99].map((q) => figure(quantile(sketch, q))),
        figure(sketch.max),
        String(sketch.count),
        figure(sketch.min),
        figure(sketch.sum / sketch.count),
      ];
    }),
  );

function usualLines({ profile, container }: ToldPast, view: View): string[] {
  const now = usualAt(profile, view.nowMs, container);
  if (now === undefined) return ['no history yet: it is made of each hour when that is over'];
  const of = { HourOfWeek: 'at this hour of the week', HourOfDay: 'at this hour of the day', Overall: 'at any time' };
  const hours = now.hours === 1 ? '1 hour' : `${now.hours} hours`;
  const days = Array.from({ length: 24 }, (_, hour) => together(profile, (other) => other % 24 === hour, container));
  return [
    `${of[now.span]}: half below ${figure(now.p50)}, 99 % below ${figure(now.p99)}; of ${hours}, within ${figure(100 * now.relativeError)} %`,
    ...table(
      view,
      [{ title: 'HOUR (UTC)' }, { title: 'P50' }, { title: 'P90' }, { title: 'P99' }, { title: 'DAYS' }],
      days.flatMap(({ hours: count, sketch }, hour) =>
        count === 0 ? [] : [[String(hour).padStart(2, '0'), ...usualFigures(sketch), String(count)]],
      ),
    ),
  ];
}

const usualFigures = (sketch: Sketch): string[] => [0.5, 0.9, 0.99].map((q) => figure(quantile(sketch, q)));

/** Four digits say more than a sketch knows. */
export const figure = (value: number): string => String(Number(value.toPrecision(4)));
