import type { Decision } from './decision.ts';
import { concludeEffect, effectReads, measureReads } from './effect.ts';
import { escalate, escalateIfIneffective } from './escalation.ts';
import { reasons, type Reason } from './reasons.ts';
import { byCondition, byPolicy, type Word } from './recovery.ts';
import { mayBePutBack, noteReverts, revertedMessage, revertReads } from './reverted.ts';
import { waitUntil, type Run, type Step } from './run.ts';
import { parseTime, toTime } from './time.ts';
import { takeBack } from './undo.ts';

/** Whether the stream has been read is looked at again so often; we are told of it, too. */
const unreadRetryMs = 10_000;
/** How often the condition is asked; nothing tells us of changes of the objects. */
const conditionEveryMs = 5000;

/** How often it is looked whether GitOps has put back what it keeps; nothing tells us of that, either. */
const revertEveryMs = 15_000;

/**
 * Whether it helped: the target must be well for `stabilizationSeconds`, within `timeoutSeconds`, by the word of the
 * policy that found the fault or by the plan's condition. A failure (it is not well), an error (that could not be found
 * out) and an inconclusive end (there are no samples, so nothing may be concluded) are different, and the plan says what
 * follows from each. While the stream has not been read up to now, as after a start, none of them is decided. Nor is a
 * target that is well called failed: since when it is so we may know only from our own start on, so at the deadline it is
 * given the rest of its stabilization, which ends with either word. What GitOps keeps is looked at meanwhile: once it is put
 * back, and the target is not well, there is nothing to wait for.
 */
export function verifying(run: Run): Decision | undefined {
  if (run.isConcluded) return undefined;
  const { verify } = run.remediation.spec;
  const { condition, stabilizationSeconds, timeoutSeconds } = verify;
  const missing = run.read(condition === undefined ? [] : effectReads(run));
  if (missing !== undefined) return missing;
  const isKept = mayBePutBack(run);
  const unseen = isKept ? run.read(revertReads(run)) : undefined;
  if (unseen !== undefined) return unseen;
  if (isKept) noteReverts(run);
  const word = condition === undefined ? byPolicy(run) : byCondition(run, condition);
  const appliedMs = doneMs(run);
  const deadlineMs = appliedMs + timeoutSeconds * 1000;
  const stableMs = word.is === 'Well' ? Math.max(word.sinceMs, appliedMs) + stabilizationSeconds * 1000 : Infinity;
  if (run.nowMs >= stableMs) {
    return concluding(run, () => {
      const message =
        condition === undefined
          ? `the target has not fired for ${stabilizationSeconds} s`
          : `verify.condition has held for ${stabilizationSeconds} s`;
      run.draft.set('Verified', 'True', reasons.recovered, message);
      run.conclude('True', reasons.recovered, message);
      run.end();
    });
  }
  if (word.is === 'Ill' && revertedMessage(run) !== undefined) return concluding(run, () => unverified(run, word));
  const askAgainMs = Math.min(
    condition === undefined ? Infinity : run.nowMs + conditionEveryMs,
    isKept ? run.nowMs + revertEveryMs : Infinity,
  );
  if (run.nowMs < deadlineMs || word.is === 'Well') {
    run.draft.set('Verified', 'Unknown', reasons.stabilizing, expectation(run, word, deadlineMs, stableMs));
    const dueMs = run.nowMs < deadlineMs ? Math.min(stableMs, deadlineMs) : stableMs;
    return waitUntil(Math.min(askAgainMs, dueMs));
  }
  if (word.is === 'Unread') {
    const message = 'the frame stream has not been read up to now: it is decided when it has been';
    run.draft.set('Verified', 'Unknown', reasons.stabilizing, message);
    return waitUntil(run.nowMs + unreadRetryMs);
  }
  const unread = word.is === 'Ill' ? run.read(revertReads(run)) : undefined;
  return unread ?? concluding(run, () => unverified(run, word));
}

/** When the last step was done. */
const doneMs = (run: Run): number => Math.max(...run.steps.map(({ status }) => parseTime(status.finishedTime) ?? 0));

/** Measures what became different before the end is told. */
function concluding(run: Run, conclude: () => void): Decision {
  const missing = run.read(measureReads(run));
  if (missing !== undefined) return missing;
  concludeEffect(run);
  conclude();
  return waitUntil(run.nowMs);
}

/** What is waited for, the same as long as nothing changes. */
function expectation(run: Run, word: Word, deadlineMs: number, stableMs: number): string {
  const { condition, stabilizationSeconds } = run.remediation.spec.verify;
  if (word.is === 'Well' && run.nowMs >= deadlineMs)
    return `${word.message}; it must stay so until ${toTime(stableMs)}`;
  const must = condition === undefined ? 'the target must not fire' : 'verify.condition must hold';
  const now = word.is === 'Unread' || condition === undefined ? '' : `; now ${word.message}`;
  return `${must} for ${stabilizationSeconds} s, until ${toTime(deadlineMs)} at the latest${now}`;
}

/** The end without recovery, as the plan has it for each kind. */
function unverified(run: Run, word: Exclude<Word, { is: 'Well' | 'Unread' }>): void {
  const { verify } = run.remediation.spec;
  const isEarly = run.nowMs < doneMs(run) + verify.timeoutSeconds * 1000;
  const within = isEarly ? 'yet' : `within ${verify.timeoutSeconds} s`;
  switch (word.is) {
    case 'Ill': {
      noteReverts(run);
      const reverted = revertedMessage(run);
      const reason = reverted === undefined ? word.reason : reasons.revertedByGitOps;
      const message = illMessage(run, word, within) + (reverted === undefined ? '' : `. ${reverted}`);
      run.draft.set('Verified', 'False', reason, message);
      return giveUp(run, reason, message);
    }
    case 'Error': {
      const message = `whether the target recovered could not be found out ${within}: ${word.message}`;
      run.draft.set('Verified', 'Unknown', reasons.verificationError, message);
      return giveUp(run, reasons.verificationError, message, { what: verify.onError ?? 'Keep' });
    }
    case 'Unknown': {
      const kept = (verify.onInconclusive ?? 'Keep') === 'Undo' ? '' : '; what was done is kept';
      const message = `whether the target recovered could not be told ${within}: ${word.message}${kept}`;
      run.draft.set('Verified', 'Unknown', reasons.inconclusive, message);
      return giveUp(run, reasons.inconclusive, message, { what: verify.onInconclusive ?? 'Keep' });
    }
  }
}

function illMessage(run: Run, { reason, message }: Extract<Word, { is: 'Ill' }>, within: string): string {
  if (reason === reasons.stillFiring) return `the target did not recover ${within}`;
  if (reason === reasons.conditionNotMet) return `${message} ${within}`;
  return `the target stopped firing, but not for ${run.remediation.spec.verify.stabilizationSeconds} s ${within}`;
}

/**
 * The end after a failure: what was done is taken back first, unless the plan says to keep it, or to ask people. What an
 * action leaves half done helps nobody and is taken back in any case.
 */
export function giveUp(
  run: Run,
  reason: Reason,
  message: string,
  {
    what = run.remediation.spec.verify.onFailure,
    halfDone = [],
  }: { readonly what?: 'Undo' | 'Keep' | 'Escalate'; readonly halfDone?: readonly Step[] } = {},
): void {
  run.conclude('False', reason, message);
  if (what === 'Escalate') escalate(run, reason, message);
  else escalateIfIneffective(run, reason, message);
  const steps = what === 'Undo' ? run.steps : halfDone;
  if (steps.length > 0) takeBack(run, steps, message);
  else run.end();
}
