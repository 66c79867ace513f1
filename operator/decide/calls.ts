/**
 * Calls of somebody outside the cluster. Whether one arrived cannot be read from anywhere; but that nothing was ever sent can
 * be known. Each try is counted in the record before it is made, and counted once more when it has failed before anything
 * was sent. As long as both counts are the same nothing has left: also a process that is no more, or believes that it leads
 * still, counts before it sends, and cannot count over a record that has changed since.
 */
import type { RecordedChange, RemediationStatus } from '../../crds/remediation.ts';
import type { Change } from '../actions/action.ts';
import { isOutside, wasNotSent } from '../actions/call.ts';
import { clip } from './clip.ts';
import { isTemporary, retryAtMs } from './outcome.ts';
import type { Run, Step } from './run.ts';
import { toTime } from './time.ts';

/** Changes as they are written down before they are made: of calls nothing has been tried. */
export const uncounted = (changes: readonly Change[]): RecordedChange[] =>
  changes.map((change) => (isOutside(change) ? { ...change, calls: { tried: 0, unsent: 0 } } : change));

/** The status that says that these changes are tried once more; undefined when no call is among them. */
export function counting(run: Run, step: Step, changes: readonly RecordedChange[]): RemediationStatus | undefined {
  const names = new Set(changes.filter(isOutside).map(({ object }) => object.name));
  if (names.size === 0) return undefined;
  const status = structuredClone(run.status);
  const own = status.steps?.find(({ name }) => name === step.spec.name);
  for (const { object, calls } of own?.changes ?? []) if (calls !== undefined && names.has(object.name)) calls.tried++;
  return status;
}

/** Notes of each call that failed why, when it is made again, and whether nothing was sent. Whether there was one. */
export function noteFailedCalls(
  { world: { outcome }, draft, nowMs }: Run,
  changes: readonly RecordedChange[],
): boolean {
  if (outcome?.ok !== false) return false;
  let isNoted = false;
  for (const change of changes.filter(isOutside)) {
    const failure = outcome.failures.find(({ request }) => request.name === change.object.name);
    if (failure === undefined || change.calls === undefined) continue;
    if (wasNotSent(failure)) change.calls.unsent++;
    if (isTemporary(failure)) {
      const since = change.waiting?.since ?? draft.now;
      change.waiting = { since, until: toTime(retryAtMs(failure, nowMs) ?? nowMs), message: clip(failure.message) };
    }
    isNoted = true;
  }
  return isNoted;
}
