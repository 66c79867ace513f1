/**
 * A thousand nodes that fail at the same moment, on a running cluster of simulated nodes: that a guard against storms keeps
 * its word; and without one, how long until the last node is cordoned, and what that asked of the API server. Everything is
 * real but the nodes.
 */
import { parseMetrics } from '../../e2e/runner/metrics.ts';
import type { Observation, Recorder } from '../../e2e/runner/recorder.ts';
import { sleep, until, type Kubectl } from '../../e2e/runner/world.ts';
import type { Condition, KubeApi, KubeObject } from '../../operator/kube/api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import { DetectionPolicy, Node } from '../../operator/kube/resources.ts';
import { rounded } from './compare.ts';

/** A storm that passes twice: over a plan that is guarded against it, and over one that is not. */
export interface StormFigures {
  readonly nodes: number;
  readonly guarded: GuardedFigures;
  readonly unguarded: CordonFigures;
}

/** Nothing was done, or there are no figures. */
export interface GuardedFigures {
  /** From the first node that was not ready until there were more than the plan takes for single faults. */
  readonly limitPassedSeconds: number;
  /** From then until a watch saw the plan say so. */
  readonly saidAfterSeconds: number;
  /** Condition `Storm` of the plan. */
  readonly said: string;
  readonly requestsPerNode: number;
  readonly requests: Requests;
}

/** Seconds are counted from the arrival at a watch of the first node that is not ready. */
export interface CordonFigures {
  /** Until the last node was not ready: how much at once it was. */
  readonly lastNotReadySeconds: number;
  readonly firstCordonSeconds: number;
  readonly lastCordonSeconds: number;
  /** From the last node that failed to the last cordon. */
  readonly afterLastNotReadySeconds: number;
  /** What the operator asked of the API server for each node until the last was cordoned, and by what. */
  readonly requestsPerNode: number;
  readonly requests: Requests;
}
type Requests = Readonly<Record<string, number>>;

/** Where the storm passes. */
export interface StormSite {
  readonly kubectl: Kubectl;
  readonly api: KubeApi;
  readonly rootNamespace: string;
  /** The operator's /metrics. */
  readonly operatorUrl: string;
}

/** While a node has it, kwok leaves the node's status to us. */
const heldUntil = 'homeostat.dev/simulate-not-ready-at';
const quietSeconds = 10;
/** Of the nodes; more are a storm to the guarded plan. */
const stormShare = 0.1;
const manifest = (name: string, guards: object): string => `
apiVersion: homeostat.dev/v1alpha1
kind: RemediationPlan
metadata: {name: ${name}}
spec:
  mode: Enforce
  steps: [{name: cordon, action: {cordon: {}}, undo: {when: Recovered}}]
  verify: {stabilizationSeconds: 1, timeoutSeconds: 3600, onFailure: Keep}
  guards: ${JSON.stringify({ maxAttempts: 10, cooldownSeconds: 0, ...guards })}
---
apiVersion: homeostat.dev/v1alpha1
kind: DetectionPolicy
metadata: {name: ${name}}
spec:
  target: {kind: Node, selector: {matchLabels: {type: kwok}}}
  severity: Critical
  signals:
    - {name: notReady, metric: k8s.node.condition_ready, detect: {state: {in: ["False", "Unknown"]}}}
  clearForSeconds: 1
  routes: [{to: Remediate, plan: ${name}}]
`;

/** Lets all these nodes fail at once and recover, twice: nothing may be done the first time, every node is cordoned the second. */
export const stormBench = async (
  site: StormSite,
  recorder: Recorder,
  nodes: readonly string[],
): Promise<StormFigures> => {
  await hold(site.api, nodes, new Date(Date.now() + 3_600_000).toISOString());
  try {
    const guard = {
      maxConcurrent: nodes.length,
      storm: { above: `${stormShare * 100}%`, observeSeconds: quietSeconds },
    };
    const guarded = await underPlan(site, nodes, 'bench-storm-guarded', guard, () => standStill(site, recorder, nodes));
    const noGuard = { maxConcurrent: nodes.length };
    const unguarded = await underPlan(site, nodes, 'bench-storm', noGuard, () => cordonAll(site, recorder, nodes));
    return { nodes: nodes.length, guarded, unguarded };
  } finally {
    await hold(site.api, nodes, null);
  }
};

/**
 * Runs a storm under a plan and a policy of that name; afterwards all nodes are ready and uncordoned again. It begins when the
 * operator is through with the storm before, whose Incidents and Remediations it seals and lets go.
 */
const underPlan = async <T>(
  site: StormSite,
  nodes: readonly string[],
  name: string,
  guards: object,
  storm: () => Promise<T>,
): Promise<T> => {
  const objects = manifest(name, guards);
  const targetsAre = (what: string, fits: (targets: Targets) => boolean): Promise<true> =>
    until(`policy ${name} to ${what}`, 60_000 + nodes.length * 200, async () => {
      const policy = await site.api.get<KubeObject & { status?: { targets?: Targets } }>(DetectionPolicy, {
        namespace: site.rootNamespace,
        name,
      });
      const { targets = {} } = policy.status ?? {};
      return (targets.matched === nodes.length && fits(targets)) || undefined;
    });
  await quiet(site, nodes.length);
  await site.kubectl(['apply', '-n', site.rootNamespace, '-f', '-'], objects);
  try {
    await targetsAre('judge every node', ({ unknown = nodes.length }) => unknown === 0);
    const figures = await storm();
    await setReady(site.api, nodes, true);
    await targetsAre('see every node recover', ({ firing = nodes.length }) => firing === 0);
    await until('every cordon to be lifted', 60_000 + nodes.length * 200, async () => {
      const { items } = await site.api.list<NodeObject>(Node, { resourceVersion: '0' });
      return items.every(({ spec }) => spec?.unschedulable !== true) || undefined;
    });
    return figures;
  } finally {
    await site.kubectl(['delete', '-n', site.rootNamespace, '--ignore-not-found', '-f', '-'], objects);
  }
};
interface Targets {
  readonly matched?: number;
  readonly unknown?: number;
  readonly firing?: number;
}

/** A storm in which nothing may be done. */
const standStill = async (site: StormSite, recorder: Recorder, nodes: readonly string[]): Promise<GuardedFigures> => {
  const before = await requestsOf(site);
  const began = Date.now();
  const [telling] = await Promise.all([
    recorder.first('the plan to say that there is a storm', began, began + 120_000, saysStorm),
    setReady(site.api, nodes, false),
  ]);
  await until('every node to have an Incident', 60_000 + nodes.length * 100, () => {
    const opened = recorder
      .present('Incident')
      .filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') >= began - 1000);
    return Promise.resolve(opened.length >= nodes.length || undefined);
  });
  await sleep(2 * quietSeconds * 1000);
  const after = await requestsOf(site);
  const cordons = firstTimes(recorder, began, isCordoned).length;
  if (cordons > 0) throw new Error(`${cordons} nodes were cordoned in a storm`);
  const failed = firstTimes(recorder, began, isNotReady);
  const [firstMs = Number.NaN, passedMs = Number.NaN] = [failed[0], failed[Math.floor(nodes.length * stormShare)]];
  return {
    limitPassedSeconds: rounded((passedMs - firstMs) / 1000, 3),
    saidAfterSeconds: rounded((telling.atMs - passedMs) / 1000, 3),
    said: stormOf(telling)?.message ?? '',
    ...requestFigures(before, after, nodes.length),
  };
};

/** A storm in which every node is cordoned. */
const cordonAll = async (site: StormSite, recorder: Recorder, nodes: readonly string[]): Promise<CordonFigures> => {
  const before = await requestsOf(site);
  const began = Date.now();
  await setReady(site.api, nodes, false);
  const times = (fits: (seen: Observation) => boolean): number[] => firstTimes(recorder, began, fits);
  const last = nodes.length - 1;
  const deadline = began + 60_000 + nodes.length * 300;
  while (times(isCordoned).length < nodes.length) {
    if (Date.now() > deadline)
      throw new Error(`only ${times(isCordoned).length} of ${nodes.length} nodes were cordoned`);
    await sleep(200);
  }
  const after = await requestsOf(site);
  const [failed, cordoned] = [times(isNotReady), times(isCordoned)];
  const seconds = (ms: number | undefined, sinceMs = failed[0]): number =>
    rounded(((ms ?? Number.NaN) - (sinceMs ?? Number.NaN)) / 1000, 3);
  return {
    lastNotReadySeconds: seconds(failed[last]),
    firstCordonSeconds: seconds(cordoned[0]),
    lastCordonSeconds: seconds(cordoned[last]),
    afterLastNotReadySeconds: seconds(cordoned[last], failed[last]),
    ...requestFigures(before, after, nodes.length),
  };
};

/** With a time that is not soon, kwok leaves the status of these nodes alone; null gives them back. */
const hold = (api: KubeApi, nodes: readonly string[], until: string | null): Promise<void> =>
  forEach(nodes, 16, async (node) => {
    const body = { metadata: { annotations: { [heldUntil]: until } } };
    await api.patch(Node, { name: node }, { type: 'merge', body }, { fieldManager: 'bench' });
  });

/** Writes the nodes' conditions, as fast as the API server takes them. */
const setReady = async (api: KubeApi, nodes: readonly string[], ready: boolean): Promise<void> => {
  const { items } = await api.list<NodeObject>(Node, { resourceVersion: '0' });
  const conditionsOf = new Map(items.map(({ metadata, status }) => [metadata.name, status?.conditions ?? []]));
  await forEach(nodes, 32, async (node) => {
    const others = (conditionsOf.get(node) ?? []).filter(({ type }) => type !== 'Ready');
    const message = 'set by the benchmark';
    const conditions = [...others, { type: 'Ready', status: ready ? 'True' : 'False', reason: 'Simulated', message }];
    const patch = { type: 'merge', body: { status: { conditions } } } as const;
    await api.patch(Node, { name: node }, patch, { fieldManager: 'bench', subresource: 'status' });
  });
};

const forEach = async <T>(items: readonly T[], parallel: number, work: (item: T) => Promise<void>): Promise<void> => {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
};

/** When each node was first seen so, in order. */
const firstTimes = (recorder: Recorder, sinceMs: number, fits: (seen: Observation) => boolean): number[] => {
  const first = new Map<string, number>();
  for (const seen of recorder.observations)
    if (seen.kind === 'Node' && seen.atMs >= sinceMs && !first.has(seen.object.metadata.name) && fits(seen))
      first.set(seen.object.metadata.name, seen.atMs);
  return [...first.values()].toSorted((a, b) => a - b);
};

type NodeObject = KubeObject & {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};
const stormOf = ({ kind, object }: Observation): Condition | undefined =>
  kind === 'RemediationPlan'
    ? findCondition((object as KubeObject & { status?: { conditions?: Condition[] } }).status?.conditions, 'Storm')
    : undefined;
const saysStorm = (seen: Observation): boolean => stormOf(seen)?.status === 'True';
const isCordoned = ({ object }: Observation): boolean => (object as NodeObject).spec?.unschedulable === true;
const isNotReady = ({ object }: Observation): boolean =>
  (object as NodeObject).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False') ??
  false;

/** What the operator has asked so far, by verb and resource; its Lease and its watches are not of the storm. */
const requestsOf = async ({ operatorUrl }: StormSite): Promise<Map<string, number>> => {
  const page = parseMetrics(await (await fetch(`${operatorUrl}/metrics`)).text());
  const counts = new Map<string, number>();
  for (const [series, value] of page) {
    const [, verb, resource] = /^homeostat_api_requests_total\{verb="(\w+)",resource="([^"]+)"/.exec(series) ?? [];
    if (verb === undefined || resource === undefined || verb === 'watch' || resource === 'leases') continue;
    const key = `${verb} ${resource}`;
    counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return counts;
};

/** Resolves when the operator asks hardly anything any more. */
const quiet = (site: StormSite, nodes: number): Promise<true> =>
  until('the operator to be through with what was before', 60_000 + nodes * 500, async () => {
    const before = await requestsOf(site);
    await sleep(quietSeconds * 500);
    return total(differences(before, await requestsOf(site))) <= mostInQuiet || undefined;
  });
/** Status that is kept up to date anyway. */
const mostInQuiet = 10;

const differences = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Requests =>
  Object.fromEntries(
    [...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0),
  );

const total = (requests: Requests): number => Object.values(requests).reduce((sum, count) => sum + count, 0);

const requestFigures = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  nodes: number,
): { readonly requestsPerNode: number; readonly requests: Requests } => {
  const requests = differences(before, after);
  return { requestsPerNode: rounded(total(requests) / nodes, 2), requests };
};
