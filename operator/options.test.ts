import { expect } from 'chai';
import { CommanderError } from 'commander';
import { parseOptions } from './options.ts';

/** Runs `f` with these variables of ours and no others. */
function withEnvironment<T>(variables: Record<string, string>, f: () => T): T {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('HOMEOSTAT_')) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return f();
  } finally {
    process.env = before;
  }
}

/** What a wrong command line is answered. */
function refusal(argv: string[], variables: Record<string, string> = {}): { message: string; exitCode: number } {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    withEnvironment(variables, () => parseOptions(argv));
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  } finally {
    process.stderr.write = write;
  }
  throw new Error('it was accepted');
}

describe('operator options', () => {
  it('has a default for everything', () => {
    const options = withEnvironment({}, () => parseOptions([]));
    expect(options).to.include({
      natsUrl: 'nats://127.0.0.1:4222',
      namespace: 'homeostat-system',
      metricsPort: 9090,
      logLevel: 'info',
      leaseName: 'homeostat-operator',
      subjectPrefix: 'homeostat',
    });
    expect(options.kubeconfig).to.equal(undefined);
  });

  it('reads a variable where the flag is absent, and prefers the flag', () => {
    const variables = { HOMEOSTAT_METRICS_PORT: '1234', HOMEOSTAT_NATS_URL: 'tls://a:1,tls://b:2' };
    expect(withEnvironment(variables, () => parseOptions([]))).to.include({
      metricsPort: 1234,
      natsUrl: 'tls://a:1,tls://b:2',
    });
    expect(withEnvironment(variables, () => parseOptions(['--metrics-port', '0'])).metricsPort).to.equal(0);
  });

  it('keeps a month of history in two gibibytes, of the metrics that are named', () => {
    const named = withEnvironment({}, () => parseOptions(['--history-metrics', 'a.b, c_d']));
    expect(named).to.deep.include({ historyDays: 30, historyMaxBytes: 2 ** 31, historyMetrics: ['a.b', 'c_d'] });
    expect(refusal(['--history-metrics', 'a,,b']).message).to.include('k8s.container.cpu.usage');
    expect(refusal(['--history-days', '-1']).message).to.include('whole number');
  });

  it('knows OpenTelemetry’s own variables, and no others for that', () => {
    expect(withEnvironment({}, () => parseOptions([])).otlpEndpoint).to.equal(undefined);
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_HEADERS: 'key=a' };
    expect(withEnvironment(variables, () => parseOptions([]))).to.include({
      otlpEndpoint: 'http://c:4318',
      otlpHeaders: 'key=a',
    });
    const wrong = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'c:4318' };
    expect(refusal([], wrong).message).to.match(/OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.*http:\/\/collector:4318/s);
  });

  it('reads lists of namespaces', () => {
    expect(withEnvironment({}, () => parseOptions([])).watchNamespaces).to.equal(undefined);
    expect(parseOptions(['--watch-namespaces', 'shop, bar']).watchNamespaces).to.deep.equal(['shop', 'bar']);
  });

  const switches: [argv: string[], variables: Record<string, string>, allowed: boolean][] = [
    [[], {}, false],
    [['--allow-kube-system'], {}, true],
    [['--allow-kube-system', 'false'], {}, false],
    [[], { HOMEOSTAT_ALLOW_KUBE_SYSTEM: 'true' }, true],
    [[], { HOMEOSTAT_ALLOW_KUBE_SYSTEM: 'false' }, false],
    [['--allow-kube-system'], { HOMEOSTAT_ALLOW_KUBE_SYSTEM: 'false' }, true],
  ];
  for (const [argv, variables, allowed] of switches) {
    it(`${allowed ? 'allows' : 'forbids'} kube-system with ${JSON.stringify([argv, variables])}`, () => {
      expect(withEnvironment(variables, () => parseOptions(argv)).allowKubeSystem).to.equal(allowed);
    });
  }

  const wrong: [argv: string[], says: string][] = [
    [
      ['--metrics-port', 'http'],
      "'--metrics-port <port>' argument 'http' is invalid. It must be a whole number from 0 to 65535.",
    ],
    [['--metrics-port', '70000'], 'from 0 to 65535'],
    [['--nats-url', 'localhost'], 'nats://host:4222'],
    [['--namespace', 'Not_A_Label'], 'DNS label'],
    [['--subject-prefix', 'a.b'], "'--subject-prefix <token>'"],
    [['--watch-namespaces', 'shop,Bar'], "'--watch-namespaces <names>'"],
    [['--log-level', 'loud'], 'Allowed choices are error, warn, info, debug.'],
    [['--stream-max-bytes', '1'], "'--stream-max-bytes <bytes>'"],
    [['--allow-kube-system', 'perhaps'], 'true or false'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['surplus'], 'too many arguments'],
  ];
  for (const [argv, says] of wrong) {
    it(`refuses ${argv.join(' ')}`, () => {
      const { message, exitCode } = refusal(argv);
      expect(message).to.include(says);
      expect(exitCode).to.equal(2);
    });
  }

  it('refuses a switch that is neither on nor off', () => {
    expect(refusal([], { HOMEOSTAT_ALLOW_KUBE_SYSTEM: '' }).message).to.include('true or false');
  });

  it('names the variable when the wrong value came from there', () => {
    expect(refusal([], { HOMEOSTAT_METRICS_PORT: 'x' }).message).to.include("from env 'HOMEOSTAT_METRICS_PORT'");
  });
});
