/** Guards about whether anything is to be done at all just now: modes, pauses, the freshness of what is known. */
import type { Mode } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { approvalOf } from './approval.ts';
import type { PlanFacts } from './decision.ts';
import { fail, pass, planGone, type Guard } from './guard.ts';
import { modeUnder, tightest, writes } from './mode.ts';
import { precisionFloor } from './precision.ts';
import { openingAt } from './schedule.ts';

/** Whether a person has to be asked now, who did not have to be when it began. Before that, the approval is awaited. */
const asksNow = (remediation: Remediation, plan: PlanFacts | undefined, now: Mode): boolean =>
  now === 'Approve' && remediation.status?.startedTime !== undefined && !approvalOf(remediation, plan).granted;
const unasked = 'not enough people have approved it (spec.approvals)';

/** The plan may have been set to do less since the Remediation was created. */
const mode: Guard = {
  name: 'mode',
  reason: 'ModeLowered',
  before: 'Step',
  check({ remediation, plan }) {
    const { spec } = remediation;
    if (!writes(spec.mode)) return pass(`mode ${spec.mode}: it is written down and nothing is changed`);
    if (plan === undefined) return fail(`RemediationPlan ${spec.planRef.name} cannot be found`);
    const now = tightest(spec.mode, plan.spec.mode);
    if (asksNow(remediation, plan, now))
      return fail(`RemediationPlan ${spec.planRef.name} was set to mode ${now} in the meantime, and ${unasked}`);
    return writes(now)
      ? pass(`mode ${now}`)
      : fail(`RemediationPlan ${spec.planRef.name} was set to mode ${now} in the meantime`);
  },
};

const maxMode: Guard = {
  name: 'maxMode',
  reason: 'ModeNotAllowed',
  before: 'Step',
  check({ remediation, plan, guardrails }) {
    const { spec } = remediation;
    if (guardrails === undefined) return fail('the guardrails could not be read');
    const limit = modeUnder('Enforce', guardrails);
    const by = guardrails.find(
      (guardrail) => guardrail.spec.maxMode !== undefined && modeUnder('Enforce', [guardrail]) === limit,
    );
    const message =
      by === undefined ? 'no guardrail limits the mode' : `Guardrail ${by.metadata.name} allows ${limit} at most`;
    if (asksNow(remediation, plan, limit)) return fail(`${message}, and ${unasked}`, { limit, current: spec.mode });
    return !writes(spec.mode) || writes(limit)
      ? pass(message, { limit, current: spec.mode })
      : fail(message, { limit, current: spec.mode });
  },
};

const paused: Guard = {
  name: 'paused',
  reason: 'Paused',
  before: 'Step',
  check({ guardrails }) {
    if (guardrails === undefined) return fail('the guardrails could not be read');
    const reasons = guardrails.flatMap(({ metadata, spec }) =>
      (spec.paused ?? []).map(({ reason, by }) => `${reason} (${by}, Guardrail ${metadata.name})`),
    );
    return reasons.length === 0 ? pass('nothing is paused') : fail(reasons.join('; '));
  },
};

const freshData: Guard = {
  name: 'freshData',
  reason: 'NoRecentSamples',
  before: 'Step',
  // Of what is not heard of any more it is looked whether it is there.
  reads: true,
  check({ verdict: { state, lastSampleMs, staleAfterSeconds }, nowMs }) {
    const limit = `${staleAfterSeconds} s`;
    if (state === 'Unknown') return fail('the policy cannot judge the target now', { limit });
    if (lastSampleMs === undefined) return fail('there is no sample of the target', { limit });
    return nowMs - lastSampleMs <= staleAfterSeconds * 1000
      ? pass(`the last sample is not older than ${limit}`, { limit })
      : fail(`the last sample is of ${new Date(lastSampleMs).toISOString()}, older than ${limit}`, { limit });
  },
};

/** A step is for a fault that is there now, not for one that was. */
const firing: Guard = {
  name: 'firing',
  reason: 'NotFiring',
  before: 'Step',
  check: ({ verdict: { state } }) =>
    state === 'Firing' ? pass('the target fires') : fail('the policy does not say that the target fires now'),
};

/** What has begun is brought to its end: a node is not left cordoned over night because the time is over. */
const schedule: Guard = {
  name: 'schedule',
  reason: 'OutsideSchedule',
  before: 'Start',
  check(context) {
    const { plan, guardrails, nowMs } = context;
    if (plan === undefined) return planGone(context);
    if (guardrails === undefined) return fail('the guardrails could not be read');
    const schedules = [
      { by: 'the plan', entries: plan.spec.guards.schedule },
      ...guardrails.map(({ metadata, spec }) => ({ by: `Guardrail ${metadata.name}`, entries: spec.schedule })),
    ];
    const openings = schedules.flatMap(({ by, entries }) =>
      entries === undefined || entries.length === 0 ? [] : [{ by, ...openingAt(entries, nowMs) }],
    );
    const shut = openings.filter(({ open }) => !open);
    const [first] = shut.length > 0 ? shut : openings;
    if (first === undefined) return undefined;
    const message = `${first.by}: ${first.message}`;
    if (shut.length === 0) return pass(message);
    const untils = shut.flatMap(({ untilMs }) => untilMs ?? []);
    return fail(message, { untilMs: untils.length === shut.length ? Math.max(...untils) : undefined });
  },
};

/** Below the floor the plan asks people, as in mode Approve (start.ts); here it says so, and holds what had begun already. */
const minPrecision: Guard = {
  name: 'minPrecision',
  reason: 'PrecisionTooLow',
  before: 'Step',
  check(context) {
    const { remediation, plan, guardrails, feedback } = context;
    if (plan === undefined) return planGone(context);
    if (guardrails === undefined) return fail('the guardrails could not be read');
    const floor = precisionFloor(plan, guardrails, feedback);
    if (floor === undefined) return undefined;
    const numbers = { limit: floor.limit, current: floor.current };
    if (!floor.isBelow) return pass(floor.message, numbers);
    const message = `${floor.message}: people are asked`;
    return asksNow(remediation, plan, 'Approve') ? fail(`${message}, and ${unasked}`, numbers) : pass(message, numbers);
  },
};

export const stateGuards: readonly Guard[] = [mode, maxMode, paused, schedule, freshData, firing, minPrecision];
