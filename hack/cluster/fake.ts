import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Api } from './api.ts';
import { ClusterError } from './failure.ts';
import { waitUntil } from './process/wait.ts';
import { PROFILES, type ProfileName } from './profile.ts';

const STAGES = join(import.meta.dirname, 'kwok', 'stages.yaml');
const SELECTOR = 'labelSelector=type%3Dkwok';
/** As many nodes are created or deleted at the same time. */
const PARALLEL = 8;

/** Label that makes a simulated node NotReady for as long as it is there. */
export const NOT_READY_LABEL = 'homeostat.dev/simulate-not-ready';

/** The name of simulated node `number` (from 0). */
export const fakeName = (number: number): string => `fake-${number}`;

/** Writes kwok's configuration: its options, and the stages that say how simulated nodes and pods behave. */
export function writeKwokConfig(directory: string, profile: ProfileName): void {
  const options = {
    manageNodesWithAnnotationSelector: 'kwok.x-k8s.io/node=fake',
    nodeLeaseDurationSeconds: PROFILES[profile].fakeLeaseSeconds,
    nodeLeaseParallelism: 8,
    podPlayStageParallelism: 8,
    nodePlayStageParallelism: 8,
    enablePodsOnNodeSyncListPager: false,
    enablePodsOnNodeSyncStreamWatch: true,
  };
  const kind = { apiVersion: 'config.kwok.x-k8s.io/v1alpha1', kind: 'KwokConfiguration' };
  writeFileSync(join(directory, 'kwok.yaml'), `${stringify({ ...kind, options })}---\n${readFileSync(STAGES, 'utf8')}`);
}

/** A node as kwok expects it. The taint keeps pods away that do not ask for simulation. */
export function fakeNode(name: string): unknown {
  const resources = { cpu: '32', memory: '256Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        type: 'kwok',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
    spec: { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] },
    status: { capacity: resources, allocatable: resources },
  };
}

/** Makes simulated nodes fake-0 to fake-(count-1) exist, deletes surplus ones, and waits until all are Ready. */
export async function ensureFakeNodes(api: Api, count: number): Promise<void> {
  const present = new Set((await list(api)).map((node) => node.metadata.name));
  const wanted = new Set(Array.from({ length: count }, (_, number) => fakeName(number)));
  await inParallel(
    [...wanted].filter((name) => !present.has(name)),
    async (name) => {
      const { status, body } = await api.request('POST', '/api/v1/nodes', fakeNode(name));
      if (status !== 201)
        throw new ClusterError(`simulated node ${name} was not created (${status})`, [JSON.stringify(body)]);
    },
  );
  await inParallel(
    [...present].filter((name) => !wanted.has(name)),
    async (name) => {
      await api.request('DELETE', `/api/v1/nodes/${name}`);
    },
  );
  const timeoutMs = 30_000 + count * 100;
  const ready = async (): Promise<boolean> => (await list(api)).filter(isReady).length === count;
  // To list thousands of nodes takes the API server the better part of a second.
  if ((await waitUntil(ready, timeoutMs, Math.max(200, count))) === undefined) {
    throw new ClusterError(`not all ${count} simulated nodes became Ready within ${timeoutMs / 1000} s`);
  }
}

/**
 * Deletes the leases of the simulated nodes. Every kwok process has an identity of its own, and a new one would leave
 * alone whatever the leases of the one before still cover: up to 400 s. To be done before a kwok is started.
 */
export async function releaseFakeNodes(api: Api): Promise<void> {
  const names = (await list(api)).map((node) => node.metadata.name);
  await inParallel(names, async (name) => {
    await api.request('DELETE', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
  });
}

/** Makes a simulated node NotReady, or Ready again. Its status is written once, within a second or two. */
export async function setFakeReady(api: Api, name: string, ready: boolean): Promise<void> {
  const patch = { metadata: { labels: { [NOT_READY_LABEL]: ready ? null : 'true' } } };
  const { status } = await api.request('PATCH', `/api/v1/nodes/${name}`, patch, 'application/merge-patch+json');
  if (status !== 200) throw new ClusterError(`there is no simulated node ${name} (${status})`);
}

interface Node {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function list(api: Api): Promise<readonly Node[]> {
  const { status, body } = await api.request('GET', `/api/v1/nodes?${SELECTOR}`);
  return status === 200 ? (body as { items: readonly Node[] }).items : [];
}

const isReady = ({ status }: Node): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
