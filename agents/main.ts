import { randomBytes } from 'node:crypto';
import { CommanderError } from 'commander';
import { DeclarationError } from '../engine/declared.ts';
import { declareMetrics } from '../engine/metrics.ts';
import { systemClock } from '../wire/clock.ts';
import { NatsBus } from '../wire/nats-bus.ts';
import { FramePublisher } from '../wire/publisher.ts';
import { Agent } from './agent.ts';
import { NoCgroupTree } from './cgroup/layout.ts';
import { serveHealth } from './health.ts';
import { openDeclared, readDeclared } from './declared/declared.ts';
import { serveIngest } from './ingest/server.ts';
import { jsonLogger, type Logger } from './log.ts';
import { agentMetrics } from './metrics.ts';
import { exitCodes, parseOptions, type Options } from './options.ts';
import { liveness, readiness } from './probes.ts';
import { openScoring } from './scoring/scoring.ts';
import { agentStages } from './stages.ts';
import { createSources, type Around } from './sources/registry.ts';

const version = process.env['HOMEOSTAT_VERSION'] ?? 'dev';
const flushMs = 2000;
/** An agent that has found no pod by then says so: it may be looking in the wrong place. */
const lookForPodsMs = 30_000;

/** Runs until it is asked to stop, and answers the exit status. */
async function run(options: Options, log: Logger): Promise<number> {
  const clock = systemClock;
  const bus = new NatsBus(
    {
      url: options.natsUrl,
      name: `homeostat-agent ${options.node}`,
      onConnection: (state) =>
        state.connected ? log.info('connected to nats', state) : log.warn('no connection to nats; frames wait', state),
    },
    clock,
  );
  const stages = agentStages();
  const publisher = new FramePublisher(bus, clock, {
    prefix: options.subjectPrefix,
    maxFrames: options.bufferFrames,
    maxBytes: options.bufferBytes,
    onStored: stages.published,
    onProblem: (problem) =>
      problem === undefined
        ? log.info('frames are stored again')
        : log.warn('frames are not stored; they wait and are tried again', {
            reason: problem.reason,
            error: problem.message,
          }),
  });
  const around: Around = {
    clock,
    onProblem: (source, problem) =>
      problem === undefined
        ? log.info('a source is read again', { source })
        : log.warn('a source cannot be read; its values are missing', { source, error: problem }),
  };
  const { metricsFile, kubeletAddress } = options;
  const own = metricsFile === undefined ? [] : readDeclared(metricsFile);
  declareMetrics(own);
  const declared =
    own.length === 0 || kubeletAddress === undefined ? undefined : openDeclared(options, kubeletAddress, own, around);
  const sources = [...createSources(options, around), ...(declared === undefined ? [] : [declared.source])];
  const scoring = openScoring(options, bus, clock, log);
  const boot = randomBytes(16).toString('hex');
  const agent = new Agent(
    { node: options.node, boot, intervalMs: options.intervalMilliseconds, onRead: stages.captured },
    sources,
    publisher,
    clock,
    scoring.scores,
  );
  const ingest =
    declared === undefined || options.ingestPort === undefined
      ? undefined
      : await serveIngest({
          port: options.ingestPort,
          address: options.metricsAddress,
          into: declared.into,
          pods: declared.pods,
          trustedNamespaces: options.ingestTrustedNamespaces,
          holdMs: options.ingestHoldSeconds * 1000,
          clock,
        });
  const figures = {
    version,
    agent: agent.counts,
    publisher: publisher.counts,
    scores: scoring.scores.counts,
    heritage: scoring.heritage.counts,
    connected: () => bus.isConnected,
    histograms: stages.histograms,
    breakers: {
      frames: () => [publisher.breaker],
      ...(declared?.scraper !== undefined && { scrapes: () => declared.scraper?.breakers() ?? [] }),
    },
    ...(declared !== undefined && { refused: declared.into.refused }),
    ...(ingest !== undefined && { pushed: ingest.answered }),
    ...(declared?.scraper !== undefined && { scrapes: declared.scraper.results }),
  };
  const metrics = agentMetrics(figures);
  const server = await serveHealth(
    { port: options.metricsPort, address: options.metricsAddress },
    {
      metrics: async () => ({ type: metrics.contentType, text: await metrics.metrics() }),
      healthz: () => liveness(agent.counts, options.intervalMilliseconds, clock.monotonic()),
      readyz: () => readiness(figures, publisher.problem, clock.now(), options.intervalMilliseconds),
    },
  );
  agent.start();
  scoring.start();
  log.info('agent runs', {
    node: options.node,
    boot,
    version,
    port: server.port,
    ...(ingest !== undefined && { ingestPort: ingest.port }),
    sources: sources.map(({ name }) => name),
  });
  const cancel = clock.after(lookForPodsMs, () => {
    if (options.cgroups && agent.counts.rows <= 1)
      log.warn('no cgroup of a pod is found; if pods run on this node, name the cgroup that holds them', {
        cgroupRoot: options.cgroupRoot,
        flag: '--cgroup-parent',
      });
  });
  const signal = await stopSignal();
  cancel();
  scoring.stop();
  agent.stop();
  const left = await publisher.close(flushMs);
  await bus.close();
  await server.close();
  await ingest?.close();
  log.info('agent stops', { signal, framesNotSent: left });
  return exitCodes.stopped;
}

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2), version);
  } catch (error) {
    // Commander has said already what is wrong.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
  const log = jsonLogger(options.logLevel);
  try {
    return await run(options, log);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      const port = error instanceof Error && 'port' in error ? error.port : undefined;
      const isIngest = port === options.ingestPort && port !== options.metricsPort;
      log.error(`cannot listen on the ${isIngest ? 'ingest' : 'metrics'} port`, {
        error: message,
        flag: isIngest ? '--ingest-port' : '--metrics-port',
      });
      return exitCodes.port;
    }
    if (error instanceof NoCgroupTree) {
      log.error('no cgroup tree', { error: message, flag: '--cgroup-root' });
      return exitCodes.cgroup;
    }
    if (error instanceof DeclarationError) {
      log.error('declared metrics cannot be used', { problems: error.problems, flag: '--metrics-file' });
      return exitCodes.metrics;
    }
    log.error('agent fails', { error: message, stack: error instanceof Error ? error.stack : undefined });
    return exitCodes.fault;
  }
}

// Whatever still holds the process then (a probe under way, a connection that is being tried) is of no use any more.
void main().then((code) => process.exit(code));
