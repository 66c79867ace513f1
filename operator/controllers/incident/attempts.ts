/** Whether an Incident gets another Remediation, when, and if not, why. */
import type { Remediation } from '../../../crds/remediation.ts';
import { cooldownSecondsAfter } from '../../decide/cooldown.ts';
import type { Condition } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';
import { parseTime } from '../../kube/time.ts';
import { nameFor } from '../names.ts';
import type { Judgement } from '../judge.ts';
import type { Facts, Note } from './progress.ts';

export interface Attempts {
  /** Begin this attempt now. */
  readonly next?: number | undefined;
  /** The Remediation of the newest attempt, the one to begin included. */
  readonly name?: string | undefined;
  readonly againAtMs?: number | undefined;
  /** `Remediating`; absent when the route leads to people. */
  readonly condition?: Pick<Condition, 'status' | 'reason' | 'message'> | undefined;
  /** Told once. */
  readonly event?: Note | undefined;
}

/** A Remediation that was refused (a quota, an admission policy, a missing permission) is tried again so much later. */
const refusedRetryMs = 30_000;

/** The name of an attempt: the same for whoever asks again. */
export const remediationName = (plan: string, incidentUid: string, attempt: number): string =>
  nameFor(plan, incidentUid, attempt);

export function nextAttempt(facts: Facts, state: Judgement['state']): Attempts {
  const { incident, plan, planProblem, remediations, nowMs } = facts;
  const { route, policyRef } = incident.spec;
  if (route.to !== 'Remediate' || route.plan === undefined) return {};
  const last = remediations.toSorted((a, b) => b.spec.attempt - a.spec.attempt)[0];
  const name = last?.metadata.name;
  if (last !== undefined && !isFinished(last)) {
    return {
      name,
      condition: { status: 'True', reason: 'InProgress', message: `attempt ${last.spec.attempt}: ${name}` },
    };
  }
  const known = incident.status?.remediations ?? [];
  if (known.length > (last?.spec.attempt ?? 0)) {
    // Old ones of an active Incident are kept: this was a person.
    const message = `${known.at(-1)?.name} was deleted: nothing more is tried`;
    return { name, condition: { status: 'False', reason: 'RemediationDeleted', message } };
  }
  const ended = last === undefined ? undefined : outcomeOf(last);
  if (ended?.final) return { name, condition: { status: 'False', reason: ended.reason, message: ended.message } };
  if (state === 'Over') {
    return {
      name,
      condition: { status: 'False', reason: 'IncidentResolved', message: 'there is nothing left to repair' },
    };
  }
  if (plan === undefined) {
    const message = `RemediationPlan ${route.plan} does not exist in namespace ${incident.metadata.namespace}: create it, or change the route of DetectionPolicy ${policyRef.name}`;
    return {
      name,
      condition: { status: 'False', reason: 'PlanNotFound', message },
      event: { type: 'Warning', reason: 'PlanNotFound', note: message },
    };
  }
  if (planProblem !== undefined) {
    const message = `RemediationPlan ${route.plan} cannot be used: ${planProblem}`;
    return {
      name,
      condition: { status: 'False', reason: 'PlanInvalid', message },
      event: { type: 'Warning', reason: 'PlanInvalid', note: message },
    };
  }
  const done = last?.spec.attempt ?? 0;
  const { maxAttempts } = plan.spec.guards;
  const cooldownSeconds = cooldownSecondsAfter(plan.spec.guards, done);
  if (done >= maxAttempts) {
    const message = `${done} of ${maxAttempts} attempts have failed: people have to look after it`;
    return {
      name,
      condition: { status: 'False', reason: 'AttemptsExhausted', message },
      event: { type: 'Warning', reason: 'AttemptsExhausted', note: message },
    };
  }
  const atMs = last === undefined ? nowMs : (parseTime(last.status?.finishedTime) ?? nowMs) + cooldownSeconds * 1000;
  if (atMs > nowMs) {
    const message = `attempt ${done + 1} of ${maxAttempts} follows at ${new Date(atMs).toISOString()} if it still fires`;
    return { name, againAtMs: atMs, condition: { status: 'False', reason: 'Cooldown', message } };
  }
  if (state === 'Unknown') {
    return {
      name,
      condition: { status: 'False', reason: 'NoRecentSamples', message: 'nothing is begun without recent samples' },
    };
  }
  const next = done + 1;
  if (facts.refusal !== undefined) {
    const message = `the API server does not take attempt ${next}: ${facts.refusal}`;
    return {
      name,
      againAtMs: nowMs + refusedRetryMs,
      condition: { status: 'False', reason: 'CreationRefused', message },
      event: { type: 'Warning', reason: 'CreationRefused', note: message },
    };
  }
  const nextName = remediationName(plan.metadata.name, incident.metadata.uid ?? '', next);
  return {
    next,
    name: nextName,
    condition: { status: 'True', reason: 'InProgress', message: `attempt ${next}: ${nextName}` },
  };
}

/** Whether a Remediation has come to its end, whatever it is. */
export function isFinished({ status }: Remediation): boolean {
  return (findCondition(status?.conditions, 'Succeeded')?.status ?? 'Unknown') !== 'Unknown';
}

/** Ends after which trying again would be against somebody’s will or of no use. */
const finalReasons = new Set([
  'Denied',
  'ApprovalExpired',
  'Cancelled',
  'UndoRequested',
  'Undone',
  'Observed',
  'DryRun',
  'IneffectiveChain',
  'RevertedByGitOps',
]);

function outcomeOf({ metadata, status }: Remediation): { final: boolean; reason: string; message: string } {
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  if (succeeded?.status === 'True') {
    const isDone = succeeded.reason !== 'Observed' && succeeded.reason !== 'DryRun';
    // Nothing was repaired where it was only written down what would be done.
    return isDone
      ? { final: true, reason: 'Succeeded', message: `${metadata.name} succeeded` }
      : { final: true, reason: succeeded.reason, message: `${metadata.name}: ${succeeded.message}` };
  }
  const reason = succeeded?.reason ?? 'Failed';
  const escalated = findCondition(status?.conditions, 'Escalated');
  if (escalated?.status === 'True') {
    // That the plan said so at once, or that too much was tried in vain.
    const asked = escalated.reason === 'IneffectiveChain' ? 'IneffectiveChain' : 'Escalated';
    return { final: true, reason: asked, message: escalated.message };
  }
  return {
    final: finalReasons.has(reason),
    reason,
    message: `${metadata.name} ended: ${succeeded?.message ?? reason}`,
  };
}
