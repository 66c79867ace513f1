import type { Remediation } from '../../../crds/remediation.ts';
import type { Mode } from '../../../crds/remediation-plan.ts';
import { modes } from '../../../crds/remediation-plan.ts';
import type { GuardrailSpec } from '../../../crds/guardrail.ts';
import type { KubeObject } from '../../kube/api.ts';
import { preconditionOf } from '../precondition.ts';
import type { Replica } from '../replica.ts';
import type { RuleMaker, TargetWrite } from '../rule.ts';
import { rootNamespace } from '../slots.ts';
import { actingOf } from './acting.ts';

const careOf = (mode: Mode): number => modes.indexOf(mode);

/** The Guardrails that hold for a namespace, as this process knows them. */
const guardrailsOver = ({ context }: Replica, namespace: string | undefined) =>
  [...context.kinds.guardrails.list()].filter(
    ({ metadata }) => metadata.namespace === rootNamespace || metadata.namespace === namespace,
  );

/**
 * Before a process acts, it reads the Remediation once more or writes over the version that it knows. What it waits for in
 * between (the Guardrails) is answered within 15 s or given up, and who stands still for longer than 8 s leads no more.
 */
const readBeforeMs = 25_000;

const isDenied = ({ spec }: Remediation): boolean =>
  spec.approvals?.some(({ decision }) => decision === 'Denied') === true;

/** 6. Observe and DryRun make no writes, the tightest mode holds at every step, and a pause or a no stops new ones. */
export const modesHold: RuleMaker = () => {
  /** When it was stored that a Remediation was denied, by uid. */
  const deniedMs = new Map<string | undefined, number>();
  return {
    name: '6 modes',
    targetWrite: (write) => {
      const remediation = actingOf(write);
      if (remediation === undefined) return undefined;
      const { metadata } = remediation;
      const known = knownTo(write.replica, remediation);
      const sinceMs = write.replica.process.monotonic() - (deniedMs.get(metadata.uid) ?? Infinity);
      return isDenied(known) || sinceMs > readBeforeMs
        ? `${metadata.name} acts although it was denied`
        : modeProblem(write, known);
    },
    commit: ({ atMs, change: { object, resource } }) => {
      const { uid } = object.metadata;
      if (resource.kind !== 'Remediation') return undefined;
      if (!isDenied(object as Remediation)) deniedMs.delete(uid);
      else if (!deniedMs.has(uid)) deniedMs.set(uid, atMs);
      return undefined;
    },
  };
};

/** A Remediation as this process knows it: what people have just said of it may be on its way. */
const knownTo = ({ context }: Replica, stored: Remediation): Remediation =>
  context.kinds.remediations.get(`${stored.metadata.namespace}/${stored.metadata.name}`) ?? stored;

function modeProblem({ replica }: TargetWrite, remediation: Remediation): string | undefined {
  const { metadata, spec } = remediation;
  const plan = replica.context.kinds.plans.get(`${metadata.namespace}/${spec.planRef.name}`);
  if (plan === undefined) return `${metadata.name} acts, and its plan is not known`;
  const guardrails = guardrailsOver(replica, metadata.namespace);
  const paused = guardrails.find((guardrail) => (guardrail.spec.paused ?? []).length > 0);
  if (paused !== undefined) return `${metadata.name} acts although Guardrail ${paused.metadata.name} pauses it`;
  const all = [spec.mode, plan.spec.mode, ...guardrails.map((guardrail) => guardrail.spec.maxMode ?? 'Enforce')];
  if (isDistrusted(replica, remediation, [plan.spec.guards, ...guardrails.map(({ spec }) => spec)]))
    all.push('Approve');
  const mode = all.toSorted((a, b) => careOf(a) - careOf(b))[0] ?? 'Observe';
  if (mode === 'Observe' || mode === 'DryRun') return `${metadata.name} acts in mode ${mode}`;
  const { approvals = [] } = spec;
  const quorum = plan.spec.approval?.quorum ?? 1;
  return mode === 'Approve' && approvals.length < quorum
    ? `${metadata.name} acts, and ${approvals.length} of ${quorum} have approved it`
    : undefined;
}

/** Whether people have called the policy right less often than one of these asks for. */
function isDistrusted(
  { context }: Replica,
  { metadata: { namespace }, spec }: Remediation,
  limits: readonly Pick<GuardrailSpec, 'minPrecision'>[],
): boolean {
  const floors = limits.flatMap(({ minPrecision }) => (minPrecision === undefined ? [] : [minPrecision]));
  const incident = context.kinds.incidents.get(`${namespace}/${spec.incidentRef.name}`);
  const policy = incident && context.kinds.policies.get(`${namespace}/${incident.spec.policyRef.name}`);
  const { truePositives = 0, falsePositives = 0 } = policy?.status?.feedback ?? {};
  const judged = truePositives + falsePositives;
  return judged > 0 && floors.some((floor) => truePositives / judged < Number.parseFloat(floor) / 100);
}

/** 7. Protected objects, the operator's own and kube-system are never acted on, and nobody reaches beyond a namespace. */
export const protectedObjects: RuleMaker = () => ({
  name: '7 protected',
  targetWrite: (write) => {
    const remediation = actingOf(write);
    if (remediation === undefined) return undefined;
    const { namespace, name, resource } = write.request;
    const what = `${resource.kind} ${name}`;
    // What a plan makes stands beside it, and is its own.
    if (write.request.verb === 'create' && write.object === undefined && namespace === remediation.metadata.namespace)
      return undefined;
    if (namespace === rootNamespace || namespace === 'kube-system') return `${what} in ${namespace} is acted on`;
    const own = remediation.metadata.namespace;
    if (own !== rootNamespace && namespace !== own) return `a plan of ${own} acts on ${what}`;
    const { resourceVersion = write.object?.metadata.resourceVersion } = preconditionOf(write.request);
    // It is refused: what made the object a protected one came after the version that it demands.
    if (resourceVersion !== write.object?.metadata.resourceVersion) return undefined;
    for (const guardrail of guardrailsOver(write.replica, own))
      for (const protection of guardrail.spec.protect ?? [])
        if (write.object !== undefined && !write.isOutdated && isProtected(protection, write.object, resource.kind))
          return `${what} is protected by Guardrail ${guardrail.metadata.name}`;
    return undefined;
  },
});

type Protection = NonNullable<GuardrailSpec['protect']>[number];

/** The selectors of the simulation are plain labels. */
function isProtected(protection: Protection, { metadata }: KubeObject, kind: string): boolean {
  const matches = (labels: Record<string, string> | undefined): boolean =>
    Object.entries(labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value);
  if (kind === 'Node') return protection.nodeSelector !== undefined && matches(protection.nodeSelector.matchLabels);
  return (
    protection.nodeSelector === undefined &&
    (protection.namespaces === undefined || protection.namespaces.includes(metadata.namespace ?? '')) &&
    (protection.selector === undefined || matches(protection.selector.matchLabels))
  );
}
