import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, until, type Kubectl } from '../runner/world.ts';
import { startProgram, type Program } from './process.ts';

/** Where Homeostat is to run. */
export interface Site {
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  readonly natsUrl: string;
  /** The same broker as pods reach it. */
  readonly natsUrlFromPods: string;
  readonly rootNamespace: string;
  /** For logs. */
  readonly directory: string;
  /** Let the programs outlive this process. */
  readonly detached?: boolean;
  /** A free port for the operator's metrics. */
  readonly metricsPort: number;
  /** The agent's image as the real nodes know it. */
  readonly agentImage: string;
  /** Directory of the cluster's programs, for a PATH. */
  readonly programs: string;
  readonly realNodes: readonly string[];
  readonly fakeNodes: readonly string[];
}

/** Homeostat, running on a cluster: the operator as a process here, agents as pods on the real nodes. */
export interface Product {
  readonly operator: Program;
  /** All processes, the operator among them. */
  readonly programs: readonly Program[];
  /** Where the operator's /metrics, /healthz and /readyz are. */
  readonly operatorUrl: string;
  stop(): Promise<void>;
}

/** Installs the kinds, and the operator's namespace; resolves when the API server serves them. */
export const installKinds = async (site: Pick<Site, 'kubectl' | 'rootNamespace'>): Promise<void> => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: site.rootNamespace } };
  await site.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(namespace));
  await site.kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/manifests/crds.yaml']);
  await site.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/manifests/crds.yaml']);
};

/** Installs the kinds and the agents, starts the operator, and resolves when it is ready and every agent has been heard. */
export const startProduct = async (site: Site, say: (words: string) => void): Promise<Product> => {
  mkdirSync(site.directory, { recursive: true });
  await installKinds(site);
  say('the five kinds are installed');
  const manifest = readFileSync('e2e/product/agent.yaml', 'utf8')
    .replaceAll('$NAMESPACE', site.rootNamespace)
    .replaceAll('$IMAGE', site.agentImage)
    .replaceAll('$BUNDLE', createHash('sha256').update(readFileSync('dist/agent.cjs')).digest('hex').slice(0, 16))
    .replaceAll('$NATS_URL', site.natsUrlFromPods);
  await site.kubectl(['apply', '-f', '-'], manifest);
  const operatorUrl = `http://127.0.0.1:${site.metricsPort}`;
  const operator = startOperator(site);
  const programs: Program[] = [operator];
  if (site.fakeNodes.length > 0) programs.push(startSimulator(site));
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
  };
  try {
    await Promise.race([operatorReady(operatorUrl), endedEarly(operator)]);
    say(`the operator is ready (process ${operator.pid}, ${operatorUrl})`);
    if (site.realNodes.length > 0) {
      await site.kubectl(['rollout', 'status', 'daemonset/homeostat-agent', '-n', site.rootNamespace, '--timeout=90s']);
      say(`agents measure ${site.realNodes.join(', ')}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { operator, programs, operatorUrl, stop };
};

/** Starts an operator process; used again after one was killed. */
export const startOperator = (
  site: Site,
  environment: Record<string, string> = {},
  more: readonly string[] = [],
): Program =>
  startProgram(
    'operator',
    [
      '--enable-source-maps',
      'dist/operator.cjs',
      '--namespace',
      site.rootNamespace,
      '--metrics-port',
      String(site.metricsPort),
      ...more,
    ],
    { KUBECONFIG: site.kubeconfig, HOMEOSTAT_NATS_URL: site.natsUrl, ...environment },
    { log: join(site.directory, 'operator.log'), detached: site.detached },
  );

const startSimulator = (site: Site): Program =>
  startProgram(
    'simulate',
    ['--enable-source-maps', 'dist/simulate.cjs', '--nodes', site.fakeNodes.join(',')],
    { HOMEOSTAT_NATS_URL: site.natsUrl },
    { log: join(site.directory, 'simulate.log'), detached: site.detached },
  );

/** With thousands of nodes it has much to say and to read before it is, and a machine may have other things to do. */
const readyWithinMs = 180_000;

/** Resolves when /readyz answers 200; the last reason it gave is in the error. */
export const operatorReady = (url: string): Promise<boolean> =>
  until('the operator to be ready', readyWithinMs, async () => {
    const answer = await fetch(`${url}/readyz`);
    if (!answer.ok) throw new Error(await answer.text());
    return true;
  });

/** Rejects when the program ends, with the end of its log. */
export const endedEarly = async (program: Program): Promise<never> => {
  const code = await program.ended;
  await sleep(50);
  const tail = readFileSync(program.log, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  throw new Error(`the ${program.name} ended with exit code ${code}; the end of ${program.log}:\n${tail}`);
};
