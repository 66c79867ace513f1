/**
 * When so much fires at once that something larger must be wrong: then single repairs do more harm than good. A storm
 * begins the moment more than the limit fire; it is over when no more have fired for `clearSeconds`. That it is on, and
 * until when, is kept in the status of the plan or guardrail, so that a restart in between forgets nothing.
 */
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { resolveLimit } from './budget.ts';
import type { Load, StormRecord } from './decision.ts';
import { parseTime, toTime } from './time.ts';

/** `storm` of a plan or a guardrail. */
export type StormLimits = NonNullable<RemediationPlanSpec['guards']['storm']>;

export interface Storm {
  /** `Storm`: too much fires. `Clearing`: not any more, but not for long enough. */
  readonly is: 'Calm' | 'Storm' | 'Clearing' | 'Unknown';
  /** `412 of 1000 targets fire, more than 300`; the numbers of this moment. */
  readonly message: string;
  readonly limit?: number | undefined;
  readonly firing?: number | undefined;
  /** What is to be kept; undefined: nothing. */
  readonly record: StormRecord | undefined;
  readonly untilMs?: number | undefined;
}

/** How it stands, given what was written down before. While the load is not known, what was written down stays. */
export function stormAt(
  { above, clearSeconds }: StormLimits,
  load: Load | undefined,
  before: StormRecord | undefined,
  nowMs: number,
): Storm {
  if (load === undefined) return { is: 'Unknown', message: 'how many targets fire is not known yet', record: before };
  const { firing, matched } = load;
  const limit = resolveLimit(above, matched);
  if (limit === undefined)
    return { is: 'Unknown', message: `what ${above} of ${matched} is cannot be told`, record: before };
  const fires = `${firing} of ${matched} targets fire`;
  const numbers = { limit, firing };
  if (firing > limit) {
    const record = { since: before?.since ?? toTime(nowMs) };
    const message = `${fires}, more than ${limit}; it goes on ${clearSeconds} s after that is over`;
    return { is: 'Storm', message, ...numbers, record };
  }
  if (before === undefined)
    return { is: 'Calm', message: `${fires}, ${limit} are no storm`, ...numbers, record: undefined };
  const untilMs = parseTime(before.until) ?? nowMs + clearSeconds * 1000;
  if (untilMs <= nowMs)
    return { is: 'Calm', message: `${fires}, ${limit} are no storm`, ...numbers, record: undefined };
  const record = { since: before.since, until: toTime(untilMs) };
  return { is: 'Clearing', message: `${fires} again, but not for ${clearSeconds} s yet`, ...numbers, record, untilMs };
}
