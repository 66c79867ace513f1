/** What tests of plans share: answers as if they had been read, and plans as one line a change. */
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import type { Context, Plan, Target } from './action.ts';
import { readKey, type Answer, type Live } from './live.ts';
import { actionOf } from './registry.ts';

/** What was read in namespace `shop`: objects by their names, lists as they are; a failure of a list, or of a named object. */
export function live(
  ...answers: [
    resource: Resource,
    answer: KubeObject | readonly KubeObject[] | 'Absent' | 'Unreadable',
    name?: string,
  ][]
): Live {
  return new Map(
    answers.map(([resource, found, missing]): [string, Answer] => {
      const namespace = resource.namespaced ? 'shop' : undefined;
      const key = (name?: string): string => readKey({ resource, namespace, name });
      if (found === 'Absent') return [key(missing), { is: 'Absent' }];
      if (found === 'Unreadable') return [key(missing), { is: 'Unreadable', message: 'forbidden' }];
      if (!('metadata' in found)) return [key(), { is: 'List', items: found }];
      return [key(found.metadata.name), { is: 'Found', object: found }];
    }),
  );
}

/** The target `Deployment shop/web`, or a workload of another kind. */
export const workloadTarget = (kind = 'Deployment', apiVersion = 'apps/v1', name = 'web'): Target => ({
  kind: 'Workload',
  namespace: 'shop',
  name,
  uid: 'w',
  workload: { apiVersion, kind, name, uid: 'w' },
});

/** The target `Pod shop/web-1`, of `Deployment shop/web` or a workload of another kind. */
export const podTarget = (kind = 'Deployment', apiVersion = 'apps/v1'): Target => ({
  kind: 'Pod',
  namespace: 'shop',
  name: 'web-1',
  uid: 'p',
  node: 'node-1',
  workload: { apiVersion, kind, name: 'web', uid: 'w' },
});

/** What an action makes of what was read. */
export const planOf = (
  action: PlanStep['action'],
  target: Target,
  world: Live,
  more: Pick<Context, 'wasAvailable'> = {},
): Plan =>
  actionOf(action).plan(world, {
    target,
    manager: 'homeostat/shop/fix-1',
    nowMs: Date.parse('2026-01-31T08:15:00Z'),
    ...more,
  });

/** `Refused NoController`, `Nothing`, or the changes as `path: from -> to`. */
export const short = (found: Plan): string | string[] =>
  found.is === 'Changes'
    ? found.changes.map(({ path, from, to }) => `${path}: ${from ?? 'absent'} -> ${to ?? 'absent'}`)
    : found.is === 'Refused'
      ? `Refused ${found.reason}`
      : found.is;

/** An autoscaler of a Deployment with the same name, from 1 to 4 replicas; KEDA keeps it in an HPA that it has made. */
export function autoscalersOf(deployment: Required<Pick<KubeObject['metadata'], 'name' | 'namespace'>>, by: string) {
  const { name, namespace } = deployment;
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  const hpa = (metadata: object = {}): KubeObject =>
    ({
      metadata: { name, namespace, ...metadata },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 4 },
    }) as KubeObject;
  if (by === 'HorizontalPodAutoscaler') return { hpa };
  const scaledObject = {
    metadata: { name, namespace },
    spec: { scaleTargetRef: { name }, maxReplicaCount: 4, triggers: [{ type: 'cpu', metadata: { value: '50' } }] },
  } as KubeObject;
  return { scaledObject, hpa };
}
