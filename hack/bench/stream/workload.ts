/** Pods of a control plane that runs: deployments, whose pods its own controllers and scheduler make and place. */
import type { KubeApi, KubeObject } from '../../../operator/kube/api.ts';
import { Deployment, Namespace } from '../../../operator/kube/resources.ts';
import { untilReached } from '../until-reached.ts';
import { container, namespace } from './population.ts';

/** Pods of one deployment. */
const replicas = 50;

/** Makes deployments of so many pods on simulated nodes, and resolves when all of them are ready. */
export const runPods = async (api: KubeApi, pods: number, say: (words: string) => void): Promise<void> => {
  await api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (let made = 0; made < pods; made += replicas)
    await api.create(Deployment, deployment(`web-${made / replicas}`, Math.min(replicas, pods - made)));
  await untilReached(pods, () => readyPods(api), {
    what: 'pods ready',
    patienceMs: 120_000,
    everyMs: 10_000,
    say,
  });
};

const readyPods = async (api: KubeApi): Promise<number> => {
  const { items } = await api.list<KubeObject & { status?: { readyReplicas?: number } }>(Deployment, { namespace });
  return items.reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);
};

/** Four pods do not fit on a node of 32 CPUs, so that none is crowded. */
const cpu = '10';

const deployment = (name: string, count: number): KubeObject => {
  const labels = { app: name };
  const template = {
    metadata: { labels },
    spec: {
      tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: container,
          image: 'registry.example/web:1',
          resources: { requests: { cpu, memory: '256Mi' }, limits: { cpu, memory: '256Mi' } },
        },
      ],
    },
  };
  const spec = { replicas: count, selector: { matchLabels: labels }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec } as KubeObject;
};
