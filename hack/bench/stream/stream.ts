/**
 * One operator on the stream of a large cluster: whether it keeps up, and what that takes. The broker is a real
 * nats-server and the operator the program that is shipped; the agents are one process of ours (`world.ts`). So is the API
 * server, unless there is a control plane: with 30 pods a node one on the same two cores would be what is measured.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMetrics } from '../../../e2e/runner/metrics.ts';
import { sleep, until } from '../../../e2e/runner/world.ts';
import { endedEarly, operatorReady } from '../../../e2e/product/product.ts';
import { startProgram, type Program } from '../../../e2e/product/process.ts';
import { NatsServer } from '../../../operator/ingest/testing-nats.ts';
import { freePort } from '../../../wire/testing/free-port.ts';
import { rounded } from '../compare.ts';
import { bucketsOf, quantile, type Buckets } from './histogram.ts';
import { worldArguments, type WorldLine, type WorldOptions } from './options.ts';
import { usageOf } from './usage.ts';
import { rootNamespace } from './policies.ts';
import { measured } from './population.ts';

export interface StreamFigures {
  readonly nodes: number;
  readonly pods: number;
  readonly seconds: number;
  /** That the agents' frames held, and of which three in ten reach a window of a policy. */
  readonly samplesPerSecond: number;
  readonly judgedSamplesPerSecond: number;
  readonly podsReplacedPerSecond: number;
  /** From the start of the operator until it judged the present. */
  readonly liveAfterSeconds: number;
  /** Milliseconds from the measuring of a sample to the end of its evaluation. */
  readonly sampleToVerdict: { readonly p50: number; readonly p99: number };
  /** The most messages that waited in the stream, of looks five seconds apart. */
  readonly mostWaiting: number;
  /** Frames that the agents numbered and the operator never saw, and seconds in which it was not live. */
  readonly framesMissed: number;
  readonly notLiveSeconds: number;
  /** For how long policies were not judged, since the operator did not keep up; all of them together. */
  readonly policyShedSeconds: number;
  readonly operator: Cost;
  readonly broker: Cost;
  /** The agents, and the API server where it is the benchmark's: what the load itself took of the machine. */
  readonly load: Cost & { readonly framesDropped: number };
}

/** Of one process over the time of measuring. */
export interface Cost {
  /** Share of one core: 0.01 is one percent. */
  readonly cpuCores: number;
  /** The most, of looks five seconds apart. */
  readonly residentMiB: number;
}

/** Where the operator is put: a world of nodes, a broker, and the processes whose cost is asked for by name. */
export interface Surroundings<Others extends string = never> {
  readonly world: WorldOptions;
  readonly processes: Readonly<Record<'broker' | Others, number>>;
  /** For logs. */
  readonly directory: string;
}

/** Windows of a minute are full, and what is compiled is. */
const warmUpSeconds = 75;
/** To look costs the operator something too. */
const lookSeconds = 5;

/** Runs one size for so long, with a broker and an API server of its own; `say` is told how far it is. */
export const streamBench = async (
  nodes: number,
  seconds: number,
  say: (words: string) => void,
): Promise<StreamFigures> => {
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-stream-'));
  const nats = await NatsServer.start();
  // As many are replaced as a real API server takes on such a machine.
  const world = { kubeconfig: '', nodes, podsPerNode: 30, churn: 25, natsUrl: nats.url };
  try {
    return (await measureStream({ world, processes: { broker: nats.pid }, directory }, seconds, say)).figures;
  } finally {
    await nats.stop();
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Starts world and operator, measures for so long what they and the other processes take, and ends the two. */
export const measureStream = async <Others extends string = never>(
  surroundings: Surroundings<Others>,
  seconds: number,
  say: (words: string) => void,
): Promise<{ readonly figures: StreamFigures; readonly costs: Readonly<Record<Others, Cost>> }> => {
  const { directory } = surroundings;
  const { nodes, natsUrl } = surroundings.world;
  const programs: Program[] = [];
  try {
    const world = startProgram(
      'world',
      ['--max-old-space-size=8192', 'hack/bench/stream/world.ts', ...worldArguments(surroundings.world)],
      {},
      { log: join(directory, 'world.log') },
    );
    programs.push(world);
    const said = (): WorldLine[] =>
      readFileSync(world.log, 'utf8')
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as WorldLine);
    const told = until('the world to know its nodes', 120_000, () => {
      const [first] = said();
      return Promise.resolve(first !== undefined && 'kubeconfig' in first ? first.kubeconfig : undefined);
    });
    const kubeconfig = await Promise.race([told, endedEarly(world)]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const started = performance.now();
    const operator = startProgram(
      'operator',
      ['--enable-source-maps', 'dist/operator.cjs', '--namespace', rootNamespace, '--metrics-port', String(port)],
      // As the chart has it.
      {
        KUBECONFIG: kubeconfig,
        HOMEOSTAT_NATS_URL: natsUrl,
        MALLOC_ARENA_MAX: '1',
        GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      },
      { log: join(directory, 'operator.log') },
    );
    programs.push(operator);
    await Promise.race([operatorReady(url), endedEarly(operator)]);
    const look = async (): Promise<ReadonlyMap<string, number>> =>
      parseMetrics(await (await fetch(`${url}/metrics`)).text());
    await until('the operator to judge the present', 120_000, async () => {
      const live = (await look()).get('homeostat_ingest_live');
      return live === 1 || undefined;
    });
    const liveAfterSeconds = rounded((performance.now() - started) / 1000, 1);
    say(`${nodes} nodes: live after ${liveAfterSeconds} s; windows fill`);
    await sleep(warmUpSeconds * 1000);
    const ours = { operator: operator.pid, load: world.pid };
    const processes: Record<Others | 'broker' | keyof typeof ours, number> = { ...surroundings.processes, ...ours };
    const before = { metrics: await look(), usage: usageOf(processes), world: lastOf(said()), atMs: performance.now() };
    let mostWaiting = 0;
    let notLiveSeconds = 0;
    let usage = before.usage;
    for (let second = lookSeconds; second <= seconds; second += lookSeconds) {
      await sleep(1000 * lookSeconds);
      const now = await look();
      mostWaiting = Math.max(mostWaiting, now.get('homeostat_ingest_lag_messages') ?? Infinity);
      if (now.get('homeostat_ingest_live') !== 1) notLiveSeconds += lookSeconds;
      usage = usage.and(usageOf(processes));
      if (second % 30 === 0) say(`${nodes} nodes: ${second} of ${seconds} s, most waiting ${mostWaiting}`);
    }
    const after = { metrics: await look(), world: lastOf(said()), atMs: performance.now() };
    const tookSeconds = (after.atMs - before.atMs) / 1000;
    const grown = (name: string): number => (after.metrics.get(name) ?? 0) - (before.metrics.get(name) ?? 0);
    const worldSeconds = (after.world.atMs - before.world.atMs) / 1000;
    const perSecond = (key: 'framesStored' | 'podsReplaced'): number =>
      (after.world[key] - before.world[key]) / worldSeconds;
    const verdicts: Buckets = bucketsOf(before.metrics, after.metrics, 'homeostat_stage_seconds', 'sample_verdict');
    const cost = (name: keyof typeof processes): Cost => ({
      cpuCores: rounded(usage.cpuSeconds(name) / tookSeconds, 3),
      residentMiB: Math.round(usage.mostResidentMiB(name)),
    });
    const costs = Object.fromEntries(
      Object.keys(processes).map((name) => [name, cost(name as keyof typeof processes)]),
    ) as Record<keyof typeof processes, Cost>;
    const figures = {
      nodes,
      pods: after.world.rows,
      seconds: Math.round(tookSeconds),
      samplesPerSecond: Math.round(perSecond('framesStored') * (after.world.rows / nodes) * measured.length),
      judgedSamplesPerSecond: Math.round(grown('homeostat_evaluated_samples_total') / tookSeconds),
      podsReplacedPerSecond: rounded(perSecond('podsReplaced'), 1),
      liveAfterSeconds,
      sampleToVerdict: { p50: milliseconds(quantile(verdicts, 0.5)), p99: milliseconds(quantile(verdicts, 0.99)) },
      mostWaiting,
      framesMissed: grown('homeostat_ingest_missed_frames_total') + grown('homeostat_ingest_lost_messages_total'),
      notLiveSeconds,
      policyShedSeconds: rounded(grown('homeostat_policies_shed_seconds_total'), 1),
      operator: costs.operator,
      broker: costs.broker,
      load: { ...costs.load, framesDropped: after.world.framesDropped - before.world.framesDropped },
    };
    return { figures, costs };
  } finally {
    for (const program of programs.toReversed()) await program.stop();
  }
};

const milliseconds = (seconds: number): number => rounded(seconds * 1000, 1);

type Sent = Exclude<WorldLine, { kubeconfig: string }>;
const lastOf = (lines: readonly WorldLine[]): Sent => {
  const last = lines.at(-1);
  if (last === undefined || 'kubeconfig' in last) throw new Error('the load has not begun');
  return last;
};
