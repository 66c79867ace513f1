import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { scoringId, type Scoring } from '../engine/evaluate/scoring.ts';
import { encodeWanted } from '../engine/evaluate/wanted.ts';
import type { MetricName } from '../engine/metrics.ts';
import { ensureStreamIs } from '../wire/streams.ts';
import { bucketStream, kvSubject, scoringBucket } from '../wire/kv.ts';
import { serversOf } from '../wire/nats-url.ts';
import { CgroupFixture } from './testing/cgroup-fixture.ts';
import { RealCgroup, whyNoCgroupV1 } from './testing/real-cgroup.ts';

/** What one agent costs. */
export interface AgentFigures {
  readonly pods: number;
  /** Rows that it scored for anomalies, each once for each of its scorings. */
  readonly scoredSeries: number;
  /** Containers and sandboxes. */
  readonly cgroups: number;
  /** Whether these were the kernel’s cgroups, or plain files because the machine has no v1 tree to make some in. */
  readonly realCgroups: boolean;
  readonly seconds: number;
  /** Resident memory, and the part of it that is the process’s own (the rest is the program file, shared with others). */
  readonly rssBytes: number;
  readonly anonymousBytes: number;
  /** Cores, with a frame a second and five looks for kills a second. */
  readonly cpuCores: number;
  /** Time to read everything once. */
  readonly readMilliseconds: number;
}

/**
 * Runs an agent for `seconds`, after as long to warm up, over pods of one container and a sandbox each.
 *
 * @param scored metrics of containers that it is told to score, over 60 s, every 10 s
 * @param command the agent, such as `[process.execPath, 'dist/agent.cjs']`
 */
export async function agentBench(
  command: readonly string[],
  natsUrl: string,
  pods = 30,
  seconds = 15,
  scored: readonly MetricName[] = [],
): Promise<AgentFigures> {
  await want(natsUrl, scored);
  const realCgroups = whyNoCgroupV1() === undefined;
  const place = realCgroups ? realTree(pods) : fileTree(pods);
  const [program = process.execPath, ...first] = command;
  const flags = ['--node', 'bench', '--nats-url', natsUrl, '--subject-prefix', 'homeostat', '--metrics-port', '0'];
  const child = spawn(program, [...first, ...flags, ...place.flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const port = await portOf(child);
    await sleep(seconds * 1000);
    const before = { cpu: cpuSeconds(child.pid), read: await readSeconds(port), atMs: performance.now() };
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - before.atMs) / 1000;
    const after = await readSeconds(port);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return {
      pods,
      scoredSeries: after.scoredSeries,
      cgroups: pods * 2,
      realCgroups,
      seconds,
      rssBytes: kibibytes(status, 'VmRSS'),
      anonymousBytes: kibibytes(status, 'RssAnon'),
      cpuCores: (cpuSeconds(child.pid) - before.cpu) / elapsed,
      readMilliseconds: ((after.seconds - before.read.seconds) * 1000) / (after.ticks - before.read.ticks),
    };
  } finally {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await place.remove();
    await want(natsUrl, []);
  }
}

interface Place {
  readonly flags: readonly string[];
  readonly remove: () => Promise<void>;
}

const names = (pods: number): string[] => [
  'kubepods',
  'kubepods/burstable',
  ...Array.from({ length: pods }, (_, n) => {
    const pod = `kubepods/burstable/pod00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
    return [pod, ...['a', 'b'].map((kind) => `${pod}/${n.toString(16).padStart(64, kind)}`)];
  }).flat(),
];

function realTree(pods: number): Place {
  const parent = `homeostat-bench-${process.pid}`;
  const cgroups = [parent, ...names(pods).map((name) => `${parent}/${name}`)].map((name) => new RealCgroup(name));
  return {
    flags: ['--cgroup-parent', parent],
    remove: async () => {
      for (const cgroup of cgroups.toReversed()) await cgroup.remove();
    },
  };
}

function fileTree(pods: number): Place {
  const fixture = new CgroupFixture(2);
  for (const name of names(pods)) fixture.set(name, { memoryBytes: 1e6 });
  return { flags: ['--cgroup-root', fixture.root], remove: () => Promise.resolve(fixture.delete()) };
}

/** The port that the agent says it listens on; its log is read on, so that it can write it. */
function portOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (part: Buffer) => {
      text = (text + part.toString()).slice(-5000);
      const [, port] = /"agent runs".*?"port":(\d+)/.exec(text) ?? [];
      if (port !== undefined) resolve(port);
    });
    child.once('exit', () => reject(new Error(`the agent does not run: ${text}`)));
  });
}

/** Tells the agents of this server what to score. */
async function want(natsUrl: string, scored: readonly MetricName[]): Promise<void> {
  const connection = await connect(serversOf(natsUrl));
  const bucket = scoringBucket();
  await ensureStreamIs(connection, bucketStream(bucket));
  const detect = { anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 10, falseAlarmsPerWeek: 1 } };
  const scorings = scored.map((metric): Scoring => {
    const spec = {
      kind: 'Container',
      metric,
      window: { seconds: 60, aggregate: 'Mean' },
      detect,
      warmupSeconds: 0,
    } as const;
    return { id: scoringId(spec), spec };
  });
  await jetstream(connection).publish(kvSubject(bucket, 'wanted'), encodeWanted(scorings));
  await connection.close();
}

async function readSeconds(port: string): Promise<{ seconds: number; ticks: number; scoredSeries: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^homeostat_agent_${name} (.*)$`, 'm').exec(text)?.[1]);
  return { seconds: value('read_seconds_total'), ticks: value('ticks_total'), scoredSeries: value('scored_series') };
}

/** User and system time, fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const kibibytes = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
