import { InvalidArgumentError, Option } from 'commander';
import { defaultPrefix } from '../../engine/frame/subject.ts';
import { logLevels, type LogLevel } from '../log.ts';
import { aCommand, integer, natsUrls, subjectToken, withVariable } from '../options.ts';
import { madeUp, parseNodes, podsOf, type VirtualPod } from './population.ts';
import { parseScript, type Script } from './script.ts';

/** A simulation as it was asked for. */
export interface Simulation {
  readonly nodes: readonly string[];
  readonly pods: readonly VirtualPod[];
  readonly script: Script;
  readonly natsUrl: string;
  readonly intervalMilliseconds: number;
  /** Ends after so long; undefined: at SIGTERM. */
  readonly seconds: number | undefined;
  readonly subjectPrefix: string;
  /** Frames of one node that wait at most. */
  readonly bufferFrames: number;
  readonly logLevel: LogLevel;
}

/**
 * Reads the command line and the files it names.
 *
 * @throws CommanderError whose message names the flag and says what would be right
 */
export function parseSimulation(argv: readonly string[], readFile: (path: string) => string): Simulation {
  const file =
    <T>(read: (text: string) => T) =>
    (path: string): T =>
      refused(() => read(readFile(path)), path);
  const command = aCommand('homeostat-simulate', 'Pretends to be the agents of many nodes.', 'dev');
  const flags = [
    new Option('--nodes <names>', 'comma-separated; fake-0..99 are a hundred')
      .makeOptionMandatory()
      .argParser((text) => refused(() => parseNodes(text))),
    new Option('--pods <file>', 'pods, as kubectl get pods -A -o json prints them').argParser(file(podsOf)),
    new Option('--pods-per-node <count>', 'made-up pods where no file is given')
      .default(30)
      .argParser(integer(0, 1000)),
    new Option('--script <file>', 'faults, as YAML')
      .default({ faults: [] } satisfies Script, 'none')
      .argParser(file(parseScript)),
    new Option('--nats-url <url>', 'NATS servers, comma-separated')
      .default('nats://127.0.0.1:4222')
      .argParser(natsUrls),
    new Option('--interval-milliseconds <ms>', 'time between frames').default(1000).argParser(integer(100, 60_000)),
    new Option('--seconds <count>', 'ends after so long').argParser(integer(1, 1e6)),
    new Option('--subject-prefix <token>', 'first token of all subjects')
      .default(defaultPrefix)
      .argParser(subjectToken),
    new Option('--buffer-frames <count>', 'frames of a node kept while the broker is away')
      .default(60)
      .argParser(integer(1, 1e6)),
    new Option('--log-level <level>', 'how much to say').default('info').choices(logLevels),
  ];
  for (const flag of flags) command.addOption(withVariable(flag));
  const { pods, podsPerNode, ...options } = command
    .parse(argv, { from: 'user' })
    .opts<Omit<Simulation, 'pods'> & { pods?: VirtualPod[]; podsPerNode: number }>();
  return { ...options, pods: pods ?? madeUp(options.nodes, podsPerNode) };
}

/** Whatever is wrong becomes what commander reports with the flag’s name. */
function refused<T>(read: () => T, path?: string): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(path === undefined ? message : `${path}: ${message}`);
  }
}
