/** A node with pods that is to be drained, and what tests ask of it. No tests of its own. */
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import type { Remediation, RemediationSpec } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { Node, Pod, PodDisruptionBudget, Remediation as RemediationResource } from '../kube/resources.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import { controllerReference, disruptionBudget, pod, type NodeFixture } from '../testing/fixtures.ts';
import { Shell } from './harness.test.ts';

export type Step = PlanStep['action'];
export type Protection = NonNullable<GuardrailSpec['protect']>[number];
export const drain: Step = { drain: {} };
export const keep = { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Keep' } as const;

export const owned = (kind: string, name: string) => [controllerReference('apps/v1', kind, name, `uid-${name}`)];
/** A pod of a ReplicaSet on node-1. */
export const replica = (name: string, meta: Partial<KubeObject['metadata']> = {}, spec: object = {}) =>
  pod({ name, uid: `uid-${name}`, ownerReferences: owned('ReplicaSet', 'web-6d4cf56db6'), ...meta }, spec);
/** Pod `it` in a phase. */
export const inPhase = (phase: string) => {
  const it = replica('it');
  return { ...it, status: { ...it.status, phase } };
};

export const condition = ({ status }: Remediation, type: string): string | undefined => {
  const found = status?.conditions?.find((candidate) => candidate.type === type);
  return found && `${found.status} ${found.reason}`;
};
export const message = ({ status }: Remediation, type: string): string =>
  status?.conditions?.find((candidate) => candidate.type === type)?.message ?? '';
export const isCordoned = ({ server }: Shell): boolean =>
  server.find<NodeFixture>(Node, { name: 'node-1' })?.spec.unschedulable === true;
/** The pods of node-1 that are not ending. */
export const staying = ({ server }: Shell): string[] =>
  server.all(Pod).flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.name] : []));
export const targetWrites = ({ server }: Shell): ApiRequest[] =>
  server.writes.filter(({ resource }) => resource.kind !== 'Remediation');
export const evicted = ({ server }: Shell): (string | undefined)[] =>
  server.writes.filter(({ subresource }) => subresource === 'eviction').map(({ name }) => name);
export const person = (shell: Shell, unschedulable: boolean | null): Promise<unknown> =>
  shell.server.patch(
    Node,
    { name: 'node-1' },
    { type: 'merge', body: { spec: { unschedulable } } },
    { fieldManager: 'kubectl-uncordon' },
  );
export const wish = (shell: Shell, spec: Partial<RemediationSpec>): unknown => {
  const found = shell.get();
  return shell.server.seed(RemediationResource, { ...found, spec: { ...found.spec, ...spec } });
};
export const cancel = { cancelRequested: { by: 'alice', reason: 'I take over' } };
export const allow = (shell: Shell, name: string, disruptions: number): unknown =>
  shell.server.seed(PodDisruptionBudget, disruptionBudget(name, disruptions));
/** Puts a pod on node-1 in the last moment before it is cordoned. */
export function comesLate(shell: Shell, late: KubeObject): void {
  shell.interrupt = (decision, when) => {
    if (decision.do === 'Write' && when === 'before' && !isCordoned(shell)) shell.server.seed(Pod, late);
  };
}

/** A shell whose node-1 runs two pods besides web-1. */
export function withPods(): Shell {
  const shell = new Shell();
  shell.server.seed(Pod, replica('web-2'));
  shell.server.seed(Pod, replica('web-3'));
  return shell;
}
