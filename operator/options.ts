import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { usualMetrics } from '../engine/history/series.ts';
import { logLevels, type LogLevel } from './observe/logger.ts';
import type { OtlpSettings } from './trace/target.ts';

/** Everything that can be set from outside. */
export interface Options extends OtlpSettings {
  /** Path of a kubeconfig; undefined = what client libraries look for: KUBECONFIG, ~/.kube/config, the pod's account. */
  readonly kubeconfig: string | undefined;
  readonly natsUrl: string;
  /** The root namespace: our Lease lives there, and only policies there reach Nodes and other namespaces. */
  readonly namespace: string;
  /** Namespaces whose policies, plans, guardrails, incidents and remediations count, besides the root namespace; undefined = all. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Port of /metrics, /healthz and /readyz; 0 = any free one. */
  readonly metricsPort: number;
  readonly metricsAddress: string;
  readonly logLevel: LogLevel;
  readonly leaseName: string;
  /** Who we are in the Lease; two processes never share it. */
  readonly identity: string;
  /** First token of every subject, and upper-cased the first word of the stream's name: isolates installations. */
  readonly subjectPrefix: string;
  /** Upper bound of the frame stream, in bytes. */
  readonly streamMaxBytes: number;
  /** How many days of sketches are kept; 0: no history at all. */
  readonly historyDays: number;
  /** Upper bound of the stream of sketches, in bytes. */
  readonly historyMaxBytes: number;
  /** Metrics that are kept besides those of policies; undefined = the usual few. */
  readonly historyMetrics: readonly string[] | undefined;
  /** So far behind the stream, policies are shed, the least important first. */
  readonly shedLagMilliseconds: number;
  /** So far behind with no policy left to shed, what has not been read is skipped. */
  readonly skipLagMilliseconds: number;
  /** Whether targets in kube-system may be acted on. */
  readonly allowKubeSystem: boolean;
  /** Whether the per-node Leases of the medik8s operators are taken and respected. */
  readonly nodeLeases: boolean;
  /** The file that says who may be told and called; undefined = nobody. */
  readonly notifiersFile: string | undefined;
  /** The JSON file that declares metrics of this installation; undefined = none are. */
  readonly metricsFile: string | undefined;
  /** Milliseconds that running work gets to end after SIGTERM. */
  readonly stopMilliseconds: number;
}

const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

const matching =
  (pattern: RegExp, what: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${what}.`);
    return text;
  };

const natsUrls = (text: string): string => {
  for (const url of text.split(','))
    if (!/^(nats|tls|ws|wss):\/\/[^\s/]+$/.test(url.trim()))
      throw new InvalidArgumentError('It must be like nats://host:4222; several are separated by commas.');
  return text;
};

/** A variable is always a text: that a switch is set to "false" must not switch it on. */
const yesOrNo = (text: string): boolean => {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('It must be true or false.');
  return text === 'true';
};

const httpUrl = (text: string): string => {
  if (text !== '' && !/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new InvalidArgumentError('It must be a URL with http or https, such as http://collector:4318.');
  return text;
};

const dnsNames = (text: string): string[] => text.split(',').map((name) => dnsName(name.trim()));

const metricNames = (text: string): string[] => text.split(',').map((name) => metricName(name.trim()));

const metricName = matching(/^[a-z0-9][a-z0-9_.]{0,127}$/, 'the name of a metric such as k8s.container.cpu.usage');
const dnsName = matching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a DNS label such as homeostat-system');
const subjectToken = matching(/^[a-z0-9][-_a-z0-9]{0,31}$/, 'lower-case letters, digits, - and _, such as homeostat');

/** Each flag; those that have no environment variable here get one by their name. A flag wins over its variable. */
const flags = (): Option[] => [
  new Option('--kubeconfig <path>', 'kubeconfig file; default: KUBECONFIG, ~/.kube/config, then the pod’s own account'),
  new Option('--nats-url <url>', 'NATS servers, comma-separated').default('nats://127.0.0.1:4222').argParser(natsUrls),
  new Option('--namespace <name>', 'root namespace').default('homeostat-system').argParser(dnsName),
  new Option('--watch-namespaces <names>', 'only these namespaces (comma-separated) and the root namespace').argParser(
    dnsNames,
  ),
  new Option('--metrics-port <port>', 'port of /metrics, /healthz, /readyz; 0 = any')
    .default(9090)
    .argParser(integer(0, 65_535)),
  new Option('--metrics-address <address>', 'address to listen on').default('0.0.0.0'),
  new Option('--log-level <level>', 'how much to say').default('info').choices(logLevels),
  new Option('--lease-name <name>', 'Lease that decides who acts').default('homeostat-operator').argParser(dnsName),
  new Option('--identity <name>', 'holder name in the Lease').default(
    `${hostname()}_${process.pid}`,
    'host name and process id',
  ),
  new Option('--subject-prefix <token>', 'first token of all subjects').default('homeostat').argParser(subjectToken),
  new Option('--stream-max-bytes <bytes>', 'upper bound of the frame stream')
    .default(1_073_741_824)
    .argParser(integer(1_048_576, Number.MAX_SAFE_INTEGER)),
  new Option('--history-days <days>', 'how long sketches of each minute are kept; 0: no history')
    .default(30)
    .argParser(integer(0, 3650)),
  new Option('--history-max-bytes <bytes>', 'upper bound of the stream of sketches')
    .default(2_147_483_648)
    .argParser(integer(1_048_576, Number.MAX_SAFE_INTEGER)),
  new Option(
    '--history-metrics <names>',
    `metrics that history is kept of besides those of policies, comma-separated; default: ${usualMetrics.join(', ')}`,
  ).argParser(metricNames),
  new Option('--shed-lag-milliseconds <ms>', 'so far behind the stream, policies are shed, the least important first')
    .default(1_000)
    .argParser(integer(100, 600_000)),
  new Option('--skip-lag-milliseconds <ms>', 'so far behind with nothing left to shed, what is older is skipped')
    .default(10_000)
    .argParser(integer(1_000, 3_600_000)),
  new Option('--allow-kube-system [true|false]', 'let plans act on what runs in kube-system')
    .default(false)
    .preset('true')
    .argParser(yesOrNo),
  new Option(
    '--notifiers-file <path>',
    'YAML file with the notifiers and the hosts of webhooks; read again when it changes',
  ),
  new Option('--metrics-file <path>', 'JSON file that declares metrics of your own, as the agents have it'),
  new Option('--node-leases [true|false]', 'share the per-node Leases in medik8s-leases with the medik8s operators')
    .default(false)
    .preset('true')
    .argParser(yesOrNo),
  new Option('--otlp-endpoint <url>', 'tell traces there by OTLP/HTTP, at /v1/traces under it; default: none are told')
    .env('OTEL_EXPORTER_OTLP_ENDPOINT')
    .argParser(httpUrl),
  new Option('--otlp-traces-endpoint <url>', 'the same, as the whole URL')
    .env('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
    .argParser(httpUrl),
  new Option('--otlp-headers <name=value,...>', 'sent along, such as a key; better as a variable than as a flag').env(
    'OTEL_EXPORTER_OTLP_HEADERS',
  ),
  new Option('--stop-milliseconds <ms>', 'time that each part is given to end in after SIGTERM')
    .default(10_000)
    .argParser(integer(0, 600_000)),
];

/** `--metrics-port` is `HOMEOSTAT_METRICS_PORT`. */
const environmentVariable = (flag: Option): string =>
  `HOMEOSTAT_${flag
    .attributeName()
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;

/**
 * Reads the command line (without `node` and the script) and the environment.
 *
 * @throws CommanderError whose message names the flag or the variable and says what would be right; `exitCode` 0 when
 * the user asked for `--help` or `--version`, which has been printed then.
 * @example parseOptions(['--metrics-port', '0']).metricsPort // 0
 */
export function parseOptions(argv: readonly string[], version = 'dev'): Options {
  const command = new Command('homeostat-operator')
    .description('Evaluates DetectionPolicies on the metric stream and runs RemediationPlans.')
    .version(version)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      error.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
      throw error;
    })
    .addHelpText(
      'after',
      `\nEvery flag can be set as a variable too: --nats-url is HOMEOSTAT_NATS_URL; those of OTLP are OpenTelemetry’s.\n\n${exitCodeText}`,
    );
  for (const flag of flags()) command.addOption(flag.envVar === undefined ? flag.env(environmentVariable(flag)) : flag);
  return command.parse(argv, { from: 'user' }).opts<Options>();
}

/** What the process’s exit status means. */
export const exitCodes = {
  stopped: 0,
  fault: 1,
  usage: 2,
  kubeconfig: 3,
  port: 4,
  metrics: 5,
} as const;

const exitCodeText = `Exit codes:
  0  asked to stop, and did
  1  a fault of the program itself; the log has the stack
  2  a flag or variable is wrong; the message names it
  3  the kubeconfig cannot be read or used
  4  the metrics port cannot be listened on
  5  the file of declared metrics cannot be read, or says something wrong; the log says what
An absent API server, NATS server or CRD ends nothing: /readyz says what is missing, and the operator goes on when it is there.`;
