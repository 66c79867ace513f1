import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { systemClock } from '../../wire/clock.ts';
import { NatsBus } from '../../wire/nats-bus.ts';
import { FramePublisher } from '../../wire/publisher.ts';
import { jsonLogger, type Logger } from '../log.ts';
import { exitCodes } from '../options.ts';
import { parseSimulation, type Simulation } from './options.ts';
import { virtualNode } from './virtual-node.ts';

/** Sends the frames of all nodes until it is asked to stop, or the time is over. */
async function run({ nodes, pods, script, ...options }: Simulation, log: Logger): Promise<number> {
  const clock = systemClock;
  const bus = new NatsBus(
    {
      url: options.natsUrl,
      name: 'homeostat-simulate',
      onConnection: (state) => log.info(state.connected ? 'connected to nats' : 'no connection to nats', state),
    },
    clock,
  );
  const publisher = new FramePublisher(bus, clock, {
    prefix: options.subjectPrefix,
    maxFrames: options.bufferFrames,
    onProblem: (problem) =>
      problem === undefined
        ? log.info('frames are stored again')
        : log.warn('frames are not stored', { reason: problem.reason, error: problem.message }),
  });
  const podsOfNode = Map.groupBy(pods, ({ node }) => node);
  const agents = nodes.map((node) =>
    virtualNode(
      node,
      randomBytes(16).toString('hex'),
      podsOfNode.get(node) ?? [],
      script,
      options.intervalMilliseconds,
      publisher,
      clock,
    ),
  );
  for (const agent of agents) agent.start();
  log.info('simulation runs', { nodes: nodes.length, pods: pods.length, faults: script.faults.length });
  await stopped(options.seconds);
  for (const agent of agents) agent.stop();
  const left = await publisher.close(2000);
  await bus.close();
  log.info('simulation stops', { ...publisher.counts, framesNotSent: left });
  return exitCodes.stopped;
}

const stopped = (seconds: number | undefined): Promise<unknown> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000);
  });

async function main(): Promise<number> {
  let simulation: Simulation;
  try {
    simulation = parseSimulation(process.argv.slice(2), (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
  return run(simulation, jsonLogger(simulation.logLevel));
}

void main().then((code) => process.exit(code));
