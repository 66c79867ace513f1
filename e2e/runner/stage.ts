import { readFileSync } from 'node:fs';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import * as resources from '../../operator/kube/resources.ts';
import type { Scenario } from './scenario.ts';
import { sleep, until, type World } from './world.ts';

/** A scenario that has been set up: its workload runs, its policies are Ready, nothing is wrong yet. */
export interface Stage {
  /** Where its workload is. */
  readonly namespace: string;
  /** Where its policies, incidents and remediations are. */
  readonly policyNamespace: string;
  /** Begins the fault; resolves when it has begun. */
  fault(): Promise<void>;
  recover(how: { readonly exec?: readonly string[]; readonly kubelet?: 'resume' }): Promise<void>;
  /** True for the objects that the scenario's actions may touch. */
  concerns(object: KubeObject): boolean;
  /** True for a remediation target of this scenario. */
  owns(target: Remediation['spec']['target']): boolean;
  /** Resolves to the epoch ms at which the twin's container was killed. */
  twinDied(): Promise<number>;
  /** Rejects when the policy never fired during this scenario. */
  hasFired(policy: string): Promise<void>;
  /** Ends what is still wrong and deletes everything; with `keep` the objects stay to be looked at. */
  tearDown(keep: boolean): Promise<void>;
}

const readyTimeoutMs = 90_000;

/** Creates the namespaces, applies workload and policies, and waits until all is quiet and watched. */
export const setUp = async (world: World, scenario: Scenario): Promise<Stage> => {
  const { kubectl, api } = world;
  const namespace = `e2e-${scenario.name}`;
  const twin = `${namespace}-twin`;
  const node = scenario.nodes === 'real' ? victimNode(world, scenario) : '';
  const text = (manifest: string): string => manifest.replaceAll('$NODE', node).replaceAll('$NAMESPACE', namespace);
  const policyNamespace = scenario.root === true ? world.rootNamespace : namespace;
  const own = scenario.twin === true ? [namespace, twin] : [namespace];

  for (const name of own) await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout=90s']);
  for (const name of own)
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  if (scenario.objects !== undefined)
    for (const name of own) await kubectl(['apply', '-n', name, '-f', '-'], text(scenario.objects));
  const examples = (scenario.examples ?? []).map((name) => text(readFileSync(`crds/examples/${name}.yaml`, 'utf8')));
  for (const manifest of examples) await kubectl(['apply', '-n', policyNamespace, '-f', '-'], manifest);
  await until('the workload to be ready', readyTimeoutMs, async () => {
    for (const name of own) {
      const { items } = await api.list<Pod>(resources.Pod, { namespace: name, labelSelector: 'app=victim' });
      if (scenario.objects?.includes('app: victim') === true && items.length === 0) return undefined;
      if (!items.every((pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')))
        return undefined;
    }
    return true;
  });
  await until('every policy to be Ready', readyTimeoutMs, async () => {
    const { items } = await api.list<DetectionPolicy>(resources.DetectionPolicy, { namespace: policyNamespace });
    return items.every((policy) => policy.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'))
      ? true
      : undefined;
  });
  await sleep(scenario.settleSeconds * 1000);

  const victim = async (name: string): Promise<string> => {
    const { items } = await api.list<Pod>(resources.Pod, { namespace: name, labelSelector: 'app=victim' });
    // The oldest: the one that was there before anything happened.
    const pod = items
      .filter((item) => item.metadata.deletionTimestamp === undefined)
      .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0];
    if (pod === undefined) throw new Error(`no pod app=victim in ${name}`);
    return pod.metadata.name;
  };
  const exec = async (command: readonly string[]): Promise<void> => {
    await Promise.all(own.map(async (name) => kubectl(['exec', '-n', name, await victim(name), '--', ...command])));
  };
  const kubelet = async (what: 'pause' | 'resume'): Promise<void> => {
    if (world.kubelet === undefined) throw new Error('this cluster does not let us stop a kubelet');
    await world.kubelet(node, what);
  };

  let paused = false;
  return {
    namespace,
    policyNamespace,
    fault: async () => {
      if ('exec' in scenario.fault) await exec(scenario.fault.exec);
      else if ('apply' in scenario.fault)
        await kubectl(['apply', '-n', namespace, '-f', '-'], text(scenario.fault.apply));
      else {
        paused = true;
        await kubelet(scenario.fault.kubelet);
      }
    },
    recover: async (how) => {
      if (how.exec !== undefined) await exec(how.exec);
      if (how.kubelet !== undefined) {
        await kubelet('resume');
        paused = false;
      }
    },
    concerns: (object) =>
      object.metadata.namespace === undefined
        ? object.metadata.name === node
        : object.metadata.namespace === namespace && object.metadata.labels?.['app'] === 'victim',
    owns: (target) => (target.kind === 'Node' ? target.name === node : target.namespace === namespace),
    twinDied: () =>
      until('the twin to be killed', 300_000, async () =>
        diedAt((await api.list<Pod>(resources.Pod, { namespace: twin })).items),
      ),
    hasFired: async (policy) => {
      const found = await api.get<DetectionPolicy>(resources.DetectionPolicy, {
        namespace: policyNamespace,
        name: policy,
      });
      const firing = found.status?.conditions?.find((c) => c.type === 'Firing');
      if (firing?.status !== 'True') throw new Error(`policy ${policy} did not fire: ${JSON.stringify(firing)}`);
    },
    tearDown: async (keep) => {
      if (paused) await kubelet('resume');
      if (keep) return;
      for (const manifest of examples)
        await kubectl(['delete', '-n', policyNamespace, '--ignore-not-found', '--wait=false', '-f', '-'], manifest);
      if (scenario.root === true && 'remediation' in scenario.expect) {
        // They would be this target's past, with a cooldown: every run begins without one.
        const selector = `spec.target.name=${node}`;
        for (const kind of ['remediations', 'incidents'])
          await kubectl(['delete', kind, '-n', policyNamespace, '--field-selector', selector, '--timeout=30s']);
      }
      for (const name of own) await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait=false']);
    },
  };
};

export interface Pod extends KubeObject {
  status?: {
    conditions?: { type: string; status: string }[];
    containerStatuses?: { lastState?: State; state?: State }[];
  };
}
interface State {
  terminated?: { finishedAt?: string; exitCode?: number };
}

/** When a container of these pods last ended; undefined while none has. */
export const diedAt = (pods: readonly Pod[]): number | undefined => {
  for (const status of pods.flatMap((pod) => pod.status?.containerStatuses ?? [])) {
    const end = status.lastState?.terminated?.finishedAt ?? status.state?.terminated?.finishedAt;
    if (end !== undefined) return Date.parse(end);
  }
  return undefined;
};

/** Scenarios that break a node get the last one, so that the others' pods are not on it. */
const victimNode = (world: World, scenario: Scenario): string => {
  const node = scenario.alone === true ? world.realNodes.at(-1) : world.realNodes[0];
  if (node === undefined)
    throw new Error('this scenario needs a real node, and the cluster has none: see make cluster-status');
  return node;
};
