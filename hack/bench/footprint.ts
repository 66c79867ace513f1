import { loadavg } from 'node:os';
import { parseMetrics } from '../../e2e/runner/metrics.ts';
import { sleep, type Kubectl } from '../../e2e/runner/world.ts';
import type { KubeApi, KubeObject } from '../../operator/kube/api.ts';
import { Pod } from '../../operator/kube/resources.ts';
import { medianOf, rounded } from './compare.ts';
import { untilReached } from './until-reached.ts';

/** What a process costs while it works. */
export interface Footprint {
  /** Median over the time of measuring. */
  readonly residentMiB: number;
  /** Share of one core: 0.01 is one percent. */
  readonly cpuCores: number;
}

export interface ClusterFootprint {
  readonly seconds: number;
  /** Load average of the last minute of it. */
  readonly load: number;
  /** The agent pod on the node that the pods were put on; it is one of them. */
  readonly agent: Footprint & { readonly pods: number; readonly rows: number };
  readonly operator: Footprint & { readonly sources: number };
}

/** Where the product runs. */
export interface FootprintSite {
  readonly kubectl: Kubectl;
  readonly api: KubeApi;
  readonly rootNamespace: string;
  /** The operator's /metrics. */
  readonly operatorUrl: string;
}

const namespace = 'bench-footprint';
/** Seldom: to be asked costs them something as well. */
const everySeconds = 10;

/**
 * For each of `counts`, in rising order: runs pods on one real node until it has so many of them, whoever's they are, waits
 * as long again as is measured, and reads now and then what that node's agent and the operator say of themselves.
 * Rejects when the node takes fewer pods, or for two minutes none more has come to run.
 */
export const footprints = async (
  site: FootprintSite,
  node: string,
  counts: readonly number[],
  seconds: number,
  say: (words: string) => void,
): Promise<ClusterFootprint[]> => {
  const { kubectl } = site;
  const most = Number(await kubectl(['get', 'node', node, '-o', 'jsonpath={.status.allocatable.pods}']));
  const tooMany = counts.find((count) => count > most);
  if (tooMany !== undefined) throw new Error(`${node} takes ${most} pods at most, not ${tooMany}`);
  const agentPod = await agentOn(site, node);
  const there = await runningOn(site, node);
  const measured: ClusterFootprint[] = [];
  try {
    for (const pods of counts.toSorted((a, b) => a - b)) {
      await kubectl(['apply', '-f', '-'], workload(node, Math.max(0, pods - there)));
      await untilReached(pods, () => runningOn(site, node), {
        what: `pods on ${node}`,
        patienceMs: 120_000,
        everyMs: 2000,
        say,
      });
      measured.push(await footprint(site, node, agentPod, seconds));
    }
    return measured;
  } finally {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=300s']);
  }
};

const footprint = async (
  site: FootprintSite,
  node: string,
  agentPod: string,
  seconds: number,
): Promise<ClusterFootprint> => {
  await sleep(seconds * 1000);
  const agent: Reading[] = [];
  const operator: Reading[] = [];
  for (let second = 0; second <= seconds; second += everySeconds) {
    if (second > 0) await sleep(everySeconds * 1000);
    agent.push(await readAgent(site, agentPod));
    operator.push(await readOperator(site));
  }
  return {
    seconds,
    load: rounded(loadavg()[0] ?? 0, 1),
    agent: { ...summary(agent), pods: await runningOn(site, node), rows: agent.at(-1)?.size ?? 0 },
    operator: { ...summary(operator), sources: operator.at(-1)?.size ?? 0 },
  };
};

interface Reading {
  readonly atMs: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly size: number;
}

const readAgent = async ({ kubectl, rootNamespace }: FootprintSite, pod: string): Promise<Reading> =>
  reading(await kubectl(['get', '--raw', `/api/v1/namespaces/${rootNamespace}/pods/${pod}:9091/proxy/metrics`]), {
    residentBytes: 'homeostat_agent_resident_memory_bytes',
    cpuSeconds: 'homeostat_agent_cpu_seconds_total',
    size: 'homeostat_agent_rows',
  });

const readOperator = async ({ operatorUrl }: FootprintSite): Promise<Reading> =>
  reading(await (await fetch(`${operatorUrl}/metrics`)).text(), {
    residentBytes: 'process_resident_memory_bytes',
    cpuSeconds: 'process_cpu_seconds_total',
    size: 'homeostat_ingest_sources',
  });

const reading = (page: string, names: Record<Exclude<keyof Reading, 'atMs'>, string>): Reading => {
  const figures = parseMetrics(page);
  const value = (name: string): number => {
    const found = figures.get(name);
    if (found === undefined) throw new Error(`there is no metric ${name}`);
    return found;
  };
  return {
    atMs: performance.now(),
    residentBytes: value(names.residentBytes),
    cpuSeconds: value(names.cpuSeconds),
    size: value(names.size),
  };
};

const summary = (readings: readonly Reading[]): Footprint => {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing was read');
  return {
    residentMiB: rounded(medianOf(readings.map(({ residentBytes }) => residentBytes)) / 2 ** 20, 1),
    cpuCores: rounded(((last.cpuSeconds - first.cpuSeconds) * 1000) / (last.atMs - first.atMs), 4),
  };
};

type PodObject = KubeObject & { spec?: { nodeName?: string }; status?: { phase?: string } };

const runningOn = async ({ api }: FootprintSite, node: string): Promise<number> => {
  const { items } = await api.list<PodObject>(Pod, { fieldSelector: `spec.nodeName=${node},status.phase=Running` });
  return items.length;
};

const agentOn = async ({ api, rootNamespace }: FootprintSite, node: string): Promise<string> => {
  const { items } = await api.list<PodObject>(Pod, {
    namespace: rootNamespace,
    labelSelector: 'app.kubernetes.io/name=homeostat-agent',
    fieldSelector: `spec.nodeName=${node}`,
  });
  const [pod] = items;
  if (pod === undefined) throw new Error(`no agent runs on ${node}`);
  return pod.metadata.name;
};

const workload = (node: string, replicas: number): string => `
apiVersion: v1
kind: Namespace
metadata: {name: ${namespace}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: idle, namespace: ${namespace}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: idle}}
  template:
    metadata: {labels: {app: idle}}
    spec:
      nodeSelector: {kubernetes.io/hostname: ${node}}
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      containers:
        - name: idle
          image: localhost/busybox:1
          imagePullPolicy: Never
          command: [sleep, "86400"]
          resources: {limits: {cpu: 100m, memory: 32Mi}, requests: {cpu: 1m, memory: 1Mi}}
`;
