import { isIP } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultPrefix } from '../engine/frame/subject.ts';
import { logLevels, type LogLevel } from './log.ts';

/** Everything that can be set from outside. */
export interface Options {
  /** Name of the Kubernetes node that is measured. */
  readonly node: string;
  readonly natsUrl: string;
  readonly cgroupRoot: string;
  /** Cgroup below which the kubelet makes its own (its `--cgroup-root`); empty for none. */
  readonly cgroupParent: string;
  readonly procRoot: string;
  /** A directory of the file system whose usage is told. */
  readonly filesystemPath: string;
  /** Whether pods are measured by their cgroups; without them, by the kubelet’s figures. */
  readonly cgroups: boolean;
  /** Where the kubelet listens; undefined = it is not probed, nor asked. */
  readonly kubeletAddress: HostPort | undefined;
  /** Whether the kubelet is asked for what it knows of its pods. */
  readonly kubeletStats: boolean;
  /** Where the kubelet is asked: its Summary API, or /metrics/resource, which knows CPU and memory only. */
  readonly kubeletStatsFrom: 'Summary' | 'Resource';
  readonly kubeletStatsSeconds: number;
  readonly kubeletTokenFile: string;
  readonly kubeletCaFile: string;
  readonly kubeletInsecureTls: boolean;
  /** The file that declares metrics (engine/declared.ts); undefined = none are. */
  readonly metricsFile: string | undefined;
  /** Whether annotated pods are asked for the metrics that are declared. */
  readonly scrape: boolean;
  readonly scrapeSeconds: number;
  readonly scrapeMaxBytes: number;
  readonly scrapeMaxSeries: number;
  /** Port at which metrics are taken that pods push; undefined = none are; 0 = any free one. */
  readonly ingestPort: number | undefined;
  readonly ingestHoldSeconds: number;
  /** Namespaces whose pods may push for others. */
  readonly ingestTrustedNamespaces: readonly string[];
  readonly intervalMilliseconds: number;
  /** Port of /metrics, /healthz and /readyz; 0 = any free one. */
  readonly metricsPort: number;
  readonly metricsAddress: string;
  readonly logLevel: LogLevel;
  readonly subjectPrefix: string;
  /** Frames, and their bytes, that wait at most while the broker is away. */
  readonly bufferFrames: number;
  readonly bufferBytes: number;
  /** Rows that are scored at most, each once for each scoring; 0: none are. */
  readonly maxScoredSeries: number;
  /** Where what is usual survives the process; undefined: nowhere. */
  readonly stateFile: string | undefined;
  /** Time between two writes of what a row hands on to others of its kind. */
  readonly baselineSeconds: number;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with an IPv6 address in brackets. */
export function hostPort(text: string): HostPort {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new InvalidArgumentError('It must be like 10.0.0.5:10250 or [fd00::5]:10250.');
  return { host, port };
}

/** A parser of whole numbers. */
export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

/** A parser of texts of one form. */
export const matching =
  (pattern: RegExp, what: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${what}.`);
    return text;
  };

/** Comma-separated URLs. */
export const natsUrls = matching(
  /^(nats|tls|ws|wss):\/\/[^\s/,]+(,\s*(nats|tls|ws|wss):\/\/[^\s/,]+)*$/,
  'like nats://host:4222; several are separated by commas',
);
/** One token of a subject. */
export const subjectToken = matching(
  /^[a-z0-9][-_a-z0-9]{0,31}$/,
  'lower-case letters, digits, - and _, such as homeostat',
);
export const nodeName = matching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'the name of a Kubernetes node');
const namespaceName = matching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'names of namespaces, separated by commas');
const absolutePath = matching(/^\//, 'an absolute path');

/** Where Kubernetes mounts the token of a pod’s account. */
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Each flag with its environment variable; a flag wins over the variable. */
const flags = (): Option[] => [
  new Option('--node <name>', 'node that is measured').env('NODE_NAME').makeOptionMandatory().argParser(nodeName),
  new Option('--nats-url <url>', 'NATS servers, comma-separated').default('nats://127.0.0.1:4222').argParser(natsUrls),
  new Option('--cgroup-root <path>', 'cgroup file system').default('/sys/fs/cgroup').argParser(absolutePath),
  new Option('--cgroup-parent <path>', 'cgroup below which the kubelet makes its own').default(''),
  new Option('--proc-root <path>', 'proc file system').default('/proc').argParser(absolutePath),
  new Option('--filesystem-path <path>', 'a directory of the file system to measure')
    .default('/')
    .argParser(absolutePath),
  new Option('--no-cgroups', 'measure pods by the kubelet’s figures alone; needs --kubelet-stats'),
  new Option('--kubelet-address <host:port>', 'kubelet to probe; default: none is probed').argParser(hostPort),
  new Option('--kubelet-stats', 'ask the kubelet for network, files and volumes of its pods').default(false),
  new Option('--kubelet-stats-from <where>', 'Resource: ask /metrics/resource, which knows CPU and memory only')
    .default('Summary')
    .choices(['Summary', 'Resource']),
  new Option('--kubelet-stats-seconds <s>', 'time between two questions').default(10).argParser(integer(1, 300)),
  new Option('--kubelet-token-file <path>', 'bearer token for the kubelet')
    .default(`${serviceAccount}/token`)
    .argParser(absolutePath),
  new Option('--kubelet-ca-file <path>', 'CA of the kubelet’s certificate')
    .default(`${serviceAccount}/ca.crt`)
    .argParser(absolutePath),
  new Option('--kubelet-insecure-tls', 'take any certificate of the kubelet').default(false),
  new Option('--metrics-file <path>', 'JSON file that declares metrics of your own').argParser(absolutePath),
  new Option('--scrape', 'ask pods with prometheus.io/scrape for metrics that are declared').default(false),
  new Option('--scrape-seconds <s>', 'time between two questions').default(10).argParser(integer(1, 300)),
  new Option('--scrape-max-bytes <bytes>', 'a longer answer is given up')
    .default(4_194_304)
    .argParser(integer(1024, 2 ** 28)),
  new Option('--scrape-max-series <count>', 'declared series of one pod; with more none is taken')
    .default(1000)
    .argParser(integer(1, 100_000)),
  new Option(
    '--ingest-port <port>',
    'take declared metrics by OTLP/HTTP and Prometheus remote write; 0 = any',
  ).argParser(integer(0, 65_535)),
  new Option('--ingest-hold-seconds <s>', 'how long a value holds that was pushed')
    .default(120)
    .argParser(integer(1, 3600)),
  new Option('--ingest-trusted-namespaces <names>', 'comma-separated; whose pods may push for other pods')
    .default([], 'none')
    .argParser((text) => text.split(',').map((name) => namespaceName(name.trim()))),
  new Option('--interval-milliseconds <ms>', 'time between frames').default(1000).argParser(integer(100, 60_000)),
  new Option('--metrics-port <port>', 'port of /metrics, /healthz, /readyz; 0 = any')
    .default(9091)
    .argParser(integer(0, 65_535)),
  new Option('--metrics-address <address>', 'address to listen on').default('0.0.0.0'),
  new Option('--log-level <level>', 'how much to say').default('info').choices(logLevels),
  new Option('--subject-prefix <token>', 'first token of all subjects').default(defaultPrefix).argParser(subjectToken),
  new Option('--buffer-frames <count>', 'frames kept while the broker is away').default(600).argParser(integer(1, 1e6)),
  new Option('--max-scored-series <count>', 'series that are scored here for anomalies; 0 = none')
    .default(1000)
    .argParser(integer(0, 100_000)),
  new Option('--state-file <path>', 'where what was learnt survives a restart; default: nowhere').argParser(
    absolutePath,
  ),
  new Option('--baseline-seconds <s>', 'time between two tellings of what is usual')
    .default(600)
    .argParser(integer(1, 86_400)),
  new Option('--buffer-bytes <bytes>', 'their bytes').default(16_777_216).argParser(integer(65_536, 2 ** 32)),
];

/** `--metrics-port` is `HOMEOSTAT_METRICS_PORT`. */
export const withVariable = (flag: Option): Option =>
  flag.envVar === undefined
    ? flag.env(
        `HOMEOSTAT_${flag
          .attributeName()
          .replace(/[A-Z]/g, (letter) => `_${letter}`)
          .toUpperCase()}`,
      )
    : flag;

/** A command that answers wrong usage with an exception of exit code 2. */
export const aCommand = (name: string, description: string, version: string): Command =>
  new Command(name)
    .description(description)
    .version(version)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      error.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
      throw error;
    })
    .addHelpText('after', `\n${exitCodeText}`);

/**
 * Reads the command line (without `node` and the script) and the environment.
 *
 * @throws CommanderError whose message names the flag or the variable and says what would be right; `exitCode` 0 when
 * the user asked for `--help` or `--version`, which has been printed then.
 */
export function parseOptions(argv: readonly string[], version = 'dev'): Options {
  const command = aCommand('homeostat-agent', 'Measures a node and its pods, and publishes frames.', version);
  for (const flag of flags()) command.addOption(withVariable(flag));
  const options = command.parse(argv, { from: 'user' }).opts<Options>();
  if (options.kubeletStats && options.kubeletAddress === undefined)
    command.error('error: --kubelet-stats needs --kubelet-address: where the kubelet is, such as 10.0.0.5:10250');
  if (options.kubeletStatsFrom === 'Resource' && options.cgroups)
    command.error('error: --kubelet-stats-from=Resource needs --no-cgroups: it tells nothing that cgroups do not');
  if (!options.cgroups && !options.kubeletStats)
    command.error('error: --no-cgroups needs --kubelet-stats: nothing else would tell of pods');
  for (const [flag, isSet] of [
    ['--scrape', options.scrape],
    ['--ingest-port', options.ingestPort !== undefined],
  ] as const)
    if (isSet && options.metricsFile === undefined)
      command.error(`error: ${flag} needs --metrics-file: only what is declared there is taken`);
  if (options.metricsFile !== undefined && options.kubeletAddress === undefined)
    command.error('error: --metrics-file needs --kubelet-address: the kubelet knows the pods that may tell something');
  return options;
}

/** What the process’s exit status means. */
export const exitCodes = { stopped: 0, fault: 1, usage: 2, cgroup: 3, port: 4, metrics: 5 } as const;

const exitCodeText = `Every flag can be set as a variable too: --nats-url is HOMEOSTAT_NATS_URL (--node is NODE_NAME).

Exit codes:
  0  asked to stop, and did
  1  a fault of the program itself; the log has the stack
  2  a flag or variable is wrong; the message names it
  3  the cgroup file system is not where --cgroup-root says
  4  the metrics port, or that for what is pushed, cannot be listened on
  5  the file of declared metrics cannot be read, or says something wrong; the log says what
An absent NATS server or stream ends nothing: frames wait, /readyz says what is missing.`;
