/** What the step function is told of everything outside a Remediation. */
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { Verdict, Wanted } from '../../../engine/evaluate/verdict.ts';
import type { ClusterFacts, Feedback, PolicyVerdict, Settings, World } from '../../decide/decision.ts';
import { policyVerdict, speaksFor } from '../../decide/verdict.ts';
import { parseTime } from '../../kube/time.ts';
import type { Context } from '../context.ts';
import type { Policies } from '../detection-policy/policies.ts';
import { firstSampleMs, isResolved, resolvedMs } from '../incident/progress.ts';
import type { Judge } from '../judge.ts';
import type { Loads } from '../loads.ts';

export interface Outside {
  readonly context: Context;
  readonly judge: Judge;
  readonly policies: Policies;
  readonly settings: Settings;
  /** The verdicts of a policy that are `wanted`. */
  readonly view: { verdicts(policyId: string, wanted: Wanted): Iterable<Verdict> };
  readonly loads: Loads;
  /** What is watched of nodes and pods; undefined while that is not known. */
  readonly cluster: () => ClusterFacts | undefined;
  /** Whether other targets wait for their turn. */
  readonly isBusy: () => boolean;
  /** Every Remediation as the watch last told it, without own writes; undefined before it was complete. */
  readonly snapshot: () => readonly Remediation[] | undefined;
}

/** The world at this moment, but for what this run has read and done itself. */
export function worldOf(outside: Outside, remediation: Remediation): Omit<World, 'live' | 'fresh' | 'outcome'> {
  const { context, settings, snapshot } = outside;
  const incident = incidentOf(outside, remediation);
  return {
    nowMs: context.clock.now(),
    settings,
    verdict: verdictOf(outside, remediation),
    resolvedMs: incident === undefined ? undefined : resolvedMs(incident),
    plan: planOf(outside, remediation),
    guardrails: [...context.kinds.guardrails.list()],
    under: (guardrail, kind) => outside.loads.under(guardrail, kind),
    feedback: feedbackOf(outside, remediation),
    cluster: outside.cluster(),
    remediations: snapshot(),
  };
}

const incidentOf = ({ context }: Outside, { metadata, spec }: Remediation): Incident | undefined => {
  const incident = context.kinds.incidents.get(`${metadata.namespace}/${spec.incidentRef.name}`);
  return incident?.metadata.uid === spec.incidentRef.uid ? incident : undefined;
};

/**
 * How the policy judges the target. An Incident that ended by recovery says so for good: what was healed stays healed
 * for this Remediation, unless the target fires again.
 */
function verdictOf(outside: Outside, remediation: Remediation): PolicyVerdict {
  const { judge, policies, view, context } = outside;
  const nowMs = context.clock.now();
  const incident = incidentOf(outside, remediation);
  const inForce = incident && policies.get(incident.spec.policyRef.uid);
  const staleAfterSeconds = inForce?.policy.spec.staleAfterSeconds ?? 15;
  if (!judge.isLive) return { state: 'Unknown', notRead: true, sinceMs: nowMs, staleAfterSeconds };
  if (incident === undefined || inForce === undefined) return { state: 'Unknown', sinceMs: nowMs, staleAfterSeconds };
  const { target } = remediation.spec;
  const own = judge.verdict(incident.spec.policyRef.uid, target);
  const startedMs = parseTime(remediation.status?.startedTime);
  const verdicts =
    own === undefined
      ? view.verdicts(incident.spec.policyRef.uid, (candidate) => speaksFor(candidate, target, startedMs))
      : [own];
  const verdict = policyVerdict(target, verdicts, { startedMs, staleAfterSeconds, nowMs });
  const sinceMs = isResolved(incident) ? resolvedMs(incident) : undefined;
  const isBefore = (verdict.lastSampleMs ?? Infinity) < firstSampleMs(incident);
  // It was well before the episode: of that our stream has not told us yet.
  if (verdict.state === 'Clear' && sinceMs === undefined && isBefore) return { ...verdict, state: 'Unknown' };
  return verdict.state === 'Clear' && sinceMs !== undefined
    ? { ...verdict, sinceMs: Math.max(verdict.sinceMs, sinceMs) }
    : verdict;
}

function planOf({ context, loads }: Outside, { metadata, spec }: Remediation): World['plan'] {
  const plan = context.kinds.plans.get(`${metadata.namespace}/${spec.planRef.name}`);
  if (plan === undefined || plan.metadata.uid !== spec.planRef.uid) return undefined;
  return { spec: plan.spec, ...loads.ofPlan(plan), storm: plan.status?.storm };
}

/** What people said of the policy's Incidents, as its status sums it up. */
function feedbackOf(outside: Outside, remediation: Remediation): Feedback | undefined {
  const ref = incidentOf(outside, remediation)?.spec.policyRef;
  const policy = ref && outside.context.kinds.policies.get(`${remediation.metadata.namespace}/${ref.name}`);
  if (policy === undefined || policy.metadata.uid !== ref?.uid) return undefined;
  const { truePositives = 0, falsePositives = 0 } = policy.status?.feedback ?? {};
  return { truePositives, falsePositives };
}

/** Why what a Remediation did should not stay, although nobody asked: what it was done for is no more. */
export function lostPurpose(outside: Outside, remediation: Remediation): string | undefined {
  const { context, policies } = outside;
  const { planRef, incidentRef } = remediation.spec;
  const incident = incidentOf(outside, remediation);
  if (incident === undefined || incident.metadata.deletionTimestamp !== undefined)
    return `Incident ${incidentRef.name} was deleted`;
  const plan = context.kinds.plans.get(`${remediation.metadata.namespace}/${planRef.name}`);
  if (plan?.metadata.uid !== planRef.uid || plan.metadata.deletionTimestamp !== undefined)
    return `RemediationPlan ${planRef.name} was deleted`;
  const { policyRef } = incident.spec;
  switch (policies.state(policyRef.uid)) {
    case 'Deleted':
      return `DetectionPolicy ${policyRef.name} was deleted`;
    case 'Observes':
      return `DetectionPolicy ${policyRef.name} only observes now`;
    case 'InForce':
    case 'Broken':
      return undefined;
  }
}
