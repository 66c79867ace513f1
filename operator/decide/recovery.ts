/** What is said of the target now: by the policy that found the fault, or by the condition of the plan. */
import { answerTo, describeRead } from '../actions/live.ts';
import { holds } from './condition.ts';
import { effectReads, objectsOf } from './effect.ts';
import { reasons, type Reason } from './reasons.ts';
import type { Run } from './run.ts';
import { parseTime } from './time.ts';

export type Word =
  /** It is as it should be. */
  | { readonly is: 'Well'; readonly sinceMs: number; readonly message: string }
  | { readonly is: 'Ill'; readonly reason: Reason; readonly message: string }
  /** The stream has not been read up to now: that says something of us, and nothing of the target. */
  | { readonly is: 'Unread' }
  /** There are no recent samples. */
  | { readonly is: 'Unknown'; readonly message: string }
  /** It could not be found out. */
  | { readonly is: 'Error'; readonly message: string };

/** By the word of the policy that found the fault. */
export function byPolicy({ world: { verdict } }: Run): Word {
  switch (verdict.state) {
    case 'Clear':
      return { is: 'Well', sinceMs: verdict.sinceMs, message: 'the target does not fire' };
    case 'Firing':
      return { is: 'Ill', reason: reasons.stillFiring, message: 'the target fires' };
    case 'Pending':
      return { is: 'Ill', reason: reasons.notStable, message: 'what it fired for is the case again' };
    case 'Unknown':
      return verdict.notRead ? { is: 'Unread' } : { is: 'Unknown', message: 'there are no recent samples' };
  }
}

/** By the condition over the objects, which were read in this run; since when it holds is kept in the status. */
export function byCondition(run: Run, condition: string): Word {
  for (const read of effectReads(run)) {
    const answer = answerTo(run.world.live, read);
    if (answer.is !== 'Unreadable') continue;
    return { is: 'Error', message: `${describeRead(read)} could not be read: ${answer.message}` };
  }
  const held = holds(condition, objectsOf(run));
  if (held.is === 'True') run.status.holdsSince ??= run.draft.now;
  else delete run.status.holdsSince;
  switch (held.is) {
    case 'True':
      return { is: 'Well', sinceMs: parseTime(run.status.holdsSince) ?? run.nowMs, message: 'verify.condition holds' };
    case 'False':
      return { is: 'Ill', reason: reasons.conditionNotMet, message: 'verify.condition does not hold' };
    case 'Absent':
      return { is: 'Ill', reason: reasons.conditionNotMet, message: `verify.condition does not hold: ${held.message}` };
    case 'Error':
      return { is: 'Error', message: `verify.condition cannot be evaluated: ${held.message}` };
  }
}
