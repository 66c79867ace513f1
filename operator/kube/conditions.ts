/** Conditions as the API conventions ask for: one per type, and `lastTransitionTime` moves only when the status flips. */
import type { Condition } from './api.ts';
import { toTime } from './time.ts';

export type ConditionChange = Omit<Condition, 'lastTransitionTime'>;

/** The API's own limit for a condition's message. */
const maxMessageLength = 32_768;

/**
 * Sets one condition in place, adding it when it is missing. Returns whether anything changed, so that an unchanged
 * status need not be written.
 */
export function setCondition(conditions: Condition[], change: ConditionChange, nowMs: number): boolean {
  const next = { ...change, message: change.message.slice(0, maxMessageLength) };
  const index = conditions.findIndex((condition) => condition.type === next.type);
  const old = conditions[index];
  if (old === undefined) {
    conditions.push({ ...next, lastTransitionTime: toTime(nowMs) });
    return true;
  }
  const lastTransitionTime = old.status === next.status ? old.lastTransitionTime : toTime(nowMs);
  if (
    old.status === next.status &&
    old.reason === next.reason &&
    old.message === next.message &&
    old.observedGeneration === next.observedGeneration
  ) {
    return false;
  }
  conditions[index] = { ...next, lastTransitionTime };
  return true;
}

/** The condition of this type, if any. */
export const findCondition = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

/** True when the condition exists and its status is `True`; absent and `Unknown` are not true. */
export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';
