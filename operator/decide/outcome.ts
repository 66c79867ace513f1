/** What became of several requests that were sent at once, and what follows from it. */
import type { Failure, Outcome } from './decision.ts';

/** How long to wait before something that failed for now is tried again. */
export const retryMs = 2000;

/** A failure that is worth trying again: no answer, a conflict, too many requests, a server in trouble. */
export const isTemporary = (failure: Pick<Failure, 'status' | 'message'>): boolean =>
  !hasSeveralBudgets(failure) &&
  (failure.status === 0 ||
    failure.status === 404 ||
    failure.status === 409 ||
    failure.status === 429 ||
    failure.status >= 500);

/** The API server does not evict a pod that several PodDisruptionBudgets select, however often it is asked. */
const hasSeveralBudgets = ({ status, message }: Pick<Failure, 'status' | 'message'>): boolean =>
  status === 500 && message.includes('more than one PodDisruptionBudget');

/** Whether the API server is better asked nothing more for now: it does not answer, or has too much to do. */
export const isOverload = ({ status, disruptionBudget }: Omit<Failure, 'request'>): boolean =>
  status === 0 || (status === 429 && disruptionBudget !== true);

/** The failures of requests as one outcome, which speaks of the one that matters most: one for good before one for now. */
export function outcomeOf(failures: readonly Failure[]): Outcome {
  const worst = failures.find((failure) => !isTemporary(failure)) ?? failures.find(isOverload) ?? failures[0];
  if (worst === undefined) return { ok: true };
  const { request: _request, ...rest } = worst;
  return { ok: false, ...rest, failures };
}

/** When to try again after such a failure; undefined = at once, with what is read anew. */
export const retryAtMs = (failure: Omit<Failure, 'request'>, nowMs: number): number | undefined =>
  failure.status === 409 ? undefined : nowMs + (failure.retryAfterSeconds ?? retryMs / 1000) * 1000;
