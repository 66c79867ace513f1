/** What the tests of a Remediation share: steps, and what is looked at. No tests here. */
import type { Remediation, RemediationSpec } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { ApiError } from '../kube/api.ts';
import { Deployment, Node, Remediation as RemediationResource } from '../kube/resources.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import type { NodeFixture, WorkloadFixture } from '../testing/fixtures.ts';
import type { Shell } from './harness.test.ts';

/** Actions of steps. */
export const cordon: PlanStep['action'] = { cordon: {} };
export const scale: PlanStep['action'] = { scale: { by: 1, max: 10 } };
export const restart: PlanStep['action'] = { restartPod: {} };

/** `Succeeded`: status and reason of a condition; undefined when it is not there. */
export const condition = (remediation: Remediation, type: string): string | undefined => {
  const found = remediation.status?.conditions?.find((candidate) => candidate.type === type);
  return found && `${found.status} ${found.reason}`;
};
/** What a condition says. */
export const message = (remediation: Remediation, type: string): string | undefined =>
  remediation.status?.conditions?.find((candidate) => candidate.type === type)?.message;
/** Whether node-1 takes no pods. */
export const isCordoned = ({ server }: Shell): boolean =>
  server.find<NodeFixture>(Node, { name: 'node-1' })?.spec.unschedulable === true;
/** How many replicas Deployment web is to have. */
export const replicas = ({ server }: Shell): number | undefined =>
  server.find<WorkloadFixture>(Deployment, { namespace: 'shop', name: 'web' })?.spec.replicas;
/** The states of the steps, in their order. */
export const statesOf = ({ status }: Remediation): string[] => (status?.steps ?? []).map(({ state }) => state);
/** What became of each change. */
export const undosOf = ({ status }: Remediation): (string | undefined)[] =>
  (status?.steps ?? []).flatMap(({ changes = [] }) => changes.map(({ undo }) => undo?.state));
/** Writes to anything but the Remediations. */
export const targetWrites = ({ server }: Shell): ApiRequest[] =>
  server.writes.filter(({ resource }) => resource.kind !== 'Remediation');
/** An answer of the API server other than 2xx. */
export const fault = (status: number, reason: string) => new ApiError(`${reason}!`, { status, reason });
/** Sets a wish of a person. */
export const wish = (shell: Shell, spec: Partial<RemediationSpec>, name = 'fix-1'): unknown => {
  const found = shell.get(name);
  return shell.server.seed(RemediationResource, { ...found, spec: { ...found.spec, ...spec } });
};
/** Somebody cordons node-1 with kubectl, or uncordons it. */
export const byPerson = (shell: Shell, unschedulable: true | null): Promise<unknown> =>
  shell.server.patch(
    Node,
    { name: 'node-1' },
    { type: 'merge', body: { spec: { unschedulable } } },
    { fieldManager: 'kubectl' },
  );
/** What was done stays, whatever the verification says. */
export const keep = { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Keep' } as const;
/** Past the end of the verification, whose word is given. */
export async function verify(shell: Shell, state: 'Clear' | 'Firing' | 'Unknown', name = 'fix-1'): Promise<void> {
  await shell.settle(name);
  shell.judge(state);
  await shell.clock.advance(state === 'Clear' ? 60_000 : 300_000);
  await shell.settle(name);
}
