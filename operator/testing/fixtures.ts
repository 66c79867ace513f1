/** Valid objects with defaults, so that a test states only what it is about. */
import type { Condition, KubeObject, ObjectMeta } from '../kube/api.ts';

type Meta = Partial<ObjectMeta>;

export interface NodeFixture extends KubeObject {
  spec: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status: { conditions: Condition[]; capacity: Record<string, string>; allocatable: Record<string, string> };
}

/** A ready node, `node-1` unless said otherwise. */
export function node(meta: Meta = {}, spec: NodeFixture['spec'] = {}): NodeFixture {
  const capacity = { cpu: '4', memory: '16Gi', pods: '110' };
  const name = meta.name ?? 'node-1';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...meta, name, labels: { 'kubernetes.io/hostname': name, ...meta.labels } },
    spec,
    status: { conditions: [condition('Ready', 'KubeletReady')], capacity, allocatable: capacity },
  };
}

export interface ContainerFixture {
  name: string;
  image: string;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}

export interface PodFixture extends KubeObject {
  spec: { nodeName?: string; containers: ContainerFixture[] };
  status: {
    phase: string;
    podIP?: string;
    conditions: Condition[];
    containerStatuses: {
      name: string;
      image: string;
      imageID: string;
      containerID?: string;
      ready: boolean;
      started: boolean;
      restartCount: number;
      state: object;
      lastState?: object;
    }[];
  };
}

/** A running, ready pod `shop/web-1` with one container `app` on `node-1`; give `ownerReferences` to make it a workload's. */
export function pod(meta: Meta = {}, spec: Partial<PodFixture['spec']> = {}): PodFixture {
  const containers = spec.containers ?? [{ name: 'app', image: 'registry.example/web:1' }];
  const startedAt = '2026-01-01T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' }, ...meta },
    spec: { nodeName: 'node-1', ...spec, containers },
    status: {
      phase: 'Running',
      conditions: [condition('Ready', 'ContainersReady')],
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        image,
        imageID: `${image}@sha256:${'0'.repeat(64)}`,
        containerID: `containerd://${name.padEnd(64, '0')}`,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
        lastState: {},
      })),
    },
  };
}

export interface WorkloadFixture extends KubeObject {
  spec: { replicas: number; selector: { matchLabels: Record<string, string> }; template: object; paused?: boolean };
  status: {
    observedGeneration: number;
    replicas: number;
    readyReplicas: number;
    availableReplicas: number;
    updatedReplicas: number;
  };
}

/** A healthy deployment `shop/web` with 2 replicas. */
export const deployment = (meta: Meta = {}, spec: Partial<WorkloadFixture['spec']> = {}): WorkloadFixture =>
  workload('Deployment', { name: 'web', ...meta }, spec);

/** A healthy replica set `shop/web-6d4cf56db6`, owned by deployment `web`, with 2 replicas. */
export const replicaSet = (meta: Meta = {}, spec: Partial<WorkloadFixture['spec']> = {}): WorkloadFixture =>
  workload(
    'ReplicaSet',
    {
      name: 'web-6d4cf56db6',
      ownerReferences: [controllerReference('apps/v1', 'Deployment', 'web', 'uid-web')],
      ...meta,
    },
    spec,
  );

/** The reference by which `kind name` controls an object. */
export const controllerReference = (apiVersion: string, kind: string, name: string, uid: string) => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** A condition that has been True since the start of 2026. */
export const condition = (type: string, reason: string, status: Condition['status'] = 'True'): Condition => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

function workload(
  kind: string,
  meta: Meta & { name: string },
  spec: Partial<WorkloadFixture['spec']>,
): WorkloadFixture {
  const labels = { app: 'web' };
  const replicas = spec.replicas ?? 2;
  const containers = [{ name: 'app', image: 'registry.example/web:1' }];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace: 'shop', labels, ...meta },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...spec,
      replicas,
    },
    status: {
      observedGeneration: 1,
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      updatedReplicas: replicas,
    },
  };
}

/** A PodDisruptionBudget of namespace `shop` that allows so many disruptions now. */
export const disruptionBudget = (
  name: string,
  disruptionsAllowed: number,
  matchLabels: Readonly<Record<string, string>> = { app: 'web' },
): KubeObject & { spec: object; status: object } => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { matchLabels } },
  status: { disruptionsAllowed },
});
