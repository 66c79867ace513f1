import { execInNode, type Cluster } from '../../hack/cluster/index.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { Pod } from '../../operator/kube/resources.ts';
import { parseMetrics } from '../runner/metrics.ts';
import type { World } from '../runner/world.ts';

/** The agent's pod on a node. */
export type AgentPod = KubeObject & {
  status?: { containerStatuses?: { ready: boolean; restartCount: number }[] };
};

export const agentPod = async ({ api, rootNamespace: namespace }: World, node: string): Promise<AgentPod> => {
  const { items } = await api.list<AgentPod>(Pod, {
    namespace,
    labelSelector: 'app.kubernetes.io/name=homeostat-agent',
    fieldSelector: `spec.nodeName=${node}`,
  });
  const [pod] = items;
  if (pod === undefined) throw new Error(`no agent runs on ${node}`);
  return pod;
};

/** What became of the frames that an agent has made since it began. */
export interface FrameAccount {
  readonly made: number;
  readonly stored: number;
  readonly dropped: number;
  readonly queued: number;
}

/** Asks the agent of this node, through the API server. */
export const frameAccount = async (world: World, node: string): Promise<FrameAccount> => {
  const { metadata } = await agentPod(world, node);
  const path = `/api/v1/namespaces/${world.rootNamespace}/pods/${metadata.name}:9091/proxy/metrics`;
  const figures = parseMetrics(await world.kubectl(['get', '--raw', path]));
  const sum = (...names: string[]): number =>
    names.reduce((total, name) => total + (figures.get(`homeostat_agent_${name}`) ?? Number.NaN), 0);
  return {
    made: sum('ticks_total', 'urgent_frames_total'),
    stored: sum('frames_published_total'),
    dropped: sum('frames_dropped_total{reason="overflow"}', 'frames_dropped_total{reason="too_large"}'),
    queued: sum('queued_frames'),
  };
};

/** SIGKILL to the agent's process on a real node, sought among the processes of that node alone. */
export const killAgent = async (cluster: Cluster, node: string): Promise<void> => {
  const isAgent = `tr '\\0' ' ' < $p/cmdline 2> /dev/null | grep -q '^/usr/local/bin/node /app/agent.cjs '`;
  const script = `for p in /proc/[0-9]*; do if ${isAgent}; then kill -9 \${p#/proc/}; exit; fi; done; exit 1`;
  await execInNode(cluster, node, ['sh', '-c', script]);
};
