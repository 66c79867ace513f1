import { Counter, Gauge, Registry, type Histogram } from 'prom-client';
import { busProblems } from '../wire/bus.ts';
import type { Breaker } from '../wire/breaker.ts';
import { showBreakers } from '../wire/breaker-metrics.ts';
import { systemClock } from '../wire/clock.ts';
import type { PublisherCounts } from '../wire/publisher.ts';
import type { AgentCounts } from './agent.ts';
import type { EdgeScoresCounts } from './scoring/edge-scores.ts';
import type { HeritageCounts } from './scoring/heritage.ts';

/** Where the figures are when somebody asks. */
export interface Figures {
  readonly version: string;
  readonly agent: AgentCounts;
  readonly publisher: PublisherCounts;
  /** Before what is asked from here, by what that is. */
  readonly breakers?: Readonly<Record<string, () => Iterable<Breaker>>>;
  readonly scores: EdgeScoresCounts;
  readonly heritage: HeritageCounts;
  readonly connected: () => boolean;
  /** Of the stages of a sample here. */
  readonly histograms: readonly Histogram[];
  /** Series of declared metrics that are not told, by why. */
  readonly refused?: Readonly<Record<string, number>>;
  /** Requests that push metrics, by the class of their answer. */
  readonly pushed?: Readonly<Record<string, number>>;
  /** Scrapes, by how they ended. */
  readonly scrapes?: Readonly<Record<string, number>>;
}

/** The agent’s own metrics. Nothing is counted twice: each is read from where it is kept when somebody scrapes. */
export function agentMetrics({
  version,
  agent,
  publisher,
  scores,
  heritage,
  connected,
  histograms,
  refused,
  scrapes,
  pushed,
  breakers = {},
}: Figures): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const [dependency, of] of Object.entries(breakers))
    showBreakers(registry, dependency, of, () => systemClock.monotonic(), 'homeostat_agent');
  for (const histogram of histograms) registry.registerMetric(histogram);
  const counter = (name: string, help: string, value: () => number): void =>
    void new Counter({
      name: `homeostat_agent_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  const gauge = (name: string, help: string, value: () => number): void =>
    void new Gauge({
      name: `homeostat_agent_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const labelled = (
    name: string,
    help: string,
    values: Readonly<Record<string, () => number>>,
    label = 'reason',
  ): void =>
    void new Counter({
      name: `homeostat_agent_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [key, value] of Object.entries(values)) this.inc({ [label]: key }, value());
      },
    });

  const readFrom = (counts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.keys(counts).map((key) => [key, () => counts[key] ?? 0]));

  counter('ticks_total', 'Times that everything was read.', () => agent.ticks);
  counter('missed_ticks_total', 'Ticks left out because the one before took too long.', () => agent.missedTicks);
  counter('read_seconds_total', 'Time spent reading.', () => agent.readSeconds);
  gauge('rows', 'Objects measured: the node, pods, containers and sandboxes.', () => agent.rows);
  gauge('scorings', 'What is scored here, each of all rows that have it.', () => scores.scorings);
  gauge('scored_series', 'Rows that are scored, each once for each scoring.', () => scores.series);
  gauge(
    'refused_scorings',
    'What is to be scored and is not: unknown, not measured, or too much.',
    () => scores.refused,
  );
  counter(
    'baselines_inherited_total',
    'Rows that began with what others of their kind had learnt.',
    () => heritage.inherited,
  );
  counter(
    'baselines_handed_on_total',
    'Times that a row told others of its kind what it has learnt.',
    () => heritage.handedOn,
  );
  counter('baselines_failures_total', 'Rounds in which the bucket of baselines failed.', () => heritage.failures);
  counter('urgent_frames_total', 'Frames sent between ticks.', () => agent.urgentFrames);
  counter('frames_published_total', 'Frames that the broker has stored.', () => publisher.frames);
  counter('keyframes_published_total', 'Keyframes that the broker has stored.', () => publisher.keyframes);
  counter('duplicates_total', 'Messages that the broker had stored already.', () => publisher.duplicates);
  labelled('frames_dropped_total', 'Frames lost, by reason.', {
    overflow: () => publisher.overflowed,
    too_large: () => publisher.tooLarge,
  });
  const failures = Object.fromEntries(busProblems.map((reason) => [reason, () => publisher.failures[reason]]));
  labelled('publish_failures_total', 'Publishes that failed and are tried again, by reason.', failures);
  if (scrapes !== undefined)
    labelled('scrapes_total', 'Times that a pod was asked for its metrics, by result.', readFrom(scrapes), 'result');
  if (pushed !== undefined)
    labelled('pushes_total', 'Requests that push metrics, by the class of their answer.', readFrom(pushed), 'code');
  if (refused !== undefined)
    labelled('series_refused_total', 'Values of declared metrics that are not told, by reason.', readFrom(refused));
  gauge('queued_frames', 'Frames that wait for the broker.', () => publisher.queuedFrames);
  gauge('queued_bytes', 'Their bytes.', () => publisher.queuedBytes);
  gauge('connected', '1 while there is a connection to NATS.', () => Number(connected()));
  gauge('last_stored_timestamp_seconds', 'When the broker last stored a message; 0 before the first.', () =>
    publisher.storedMs === undefined ? 0 : publisher.storedMs / 1000,
  );
  gauge('resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  counter('cpu_seconds_total', 'CPU time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  new Gauge({
    name: 'homeostat_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
  return registry;
}
