import { Counter, Gauge, Registry } from 'prom-client';
import { busProblems } from '../wire/bus.ts';
import type { PublisherCounts } from '../wire/publisher.ts';
import type { AgentCounts } from './agent.ts';

/** Where the figures are when somebody asks. */
export interface Figures {
  readonly version: string;
  readonly agent: AgentCounts;
  readonly publisher: PublisherCounts;
  readonly connected: () => boolean;
}

/** The agent’s own metrics. Nothing is counted twice: each is read from where it is kept when somebody scrapes. */
export function agentMetrics({ version, agent, publisher, connected }: Figures): Registry {
  const registry = new Registry();
  const registers = [registry];
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
  const labelled = <L extends string>(name: string, help: string, values: Record<L, () => number>): void =>
    void new Counter({
      name: `homeostat_agent_${name}`,
      help,
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        for (const [reason, value] of Object.entries<() => number>(values)) this.inc({ reason }, value());
      },
    });

  counter('ticks_total', 'Times that everything was read.', () => agent.ticks);
  counter('missed_ticks_total', 'Ticks left out because the one before took too long.', () => agent.missedTicks);
  counter('read_seconds_total', 'Time spent reading.', () => agent.readSeconds);
  gauge('rows', 'Objects measured: the node, pods, containers and sandboxes.', () => agent.rows);
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
