/**
 * The life of a Remediation as a pure function: given the object and the world, what is to be done next. The stages read
 * from top to bottom; each takes the Remediation a little further and the first that has something to wait for, to read
 * or to write ends the question. All memory is in the object's status, so that any replica can go on after any crash.
 *
 *     created -> guards -> (approval) -> a place in the budgets
 *       -> for each step: read the target; write the pre-image down; act; see the effect
 *       -> verify -> keep, or take back -> the end (and later, where the plan says so, take back)
 */
import type { Remediation } from '../../crds/remediation.ts';
import { approving, preparing, starting } from './start.ts';
import type { Decision, World } from './decision.ts';
import { previewing } from './preview.ts';
import { beforeLeaseEnds, giveLeaseBack, renewing } from './leasing.ts';
import { Run, waitUntil } from './run.ts';
import { stepping } from './steps.ts';
import { takingBack } from './undo.ts';
import { nextUndoMs } from './undo-due.ts';
import { refusedRetryAtMs } from './undo-record.ts';
import { verifying } from './verify.ts';

/** How often something that may end without our being told is looked at again. */
const lookAgainMs = 30_000;

type Stage = (run: Run) => Decision | undefined;

/** Undefined = on to the next stage. */
const stages: readonly Stage[] = [
  takingBack,
  ended,
  leaving,
  preparing,
  previewing,
  approving,
  starting,
  renewing,
  stepping,
  verifying,
];

/**
 * What to do next about a Remediation. Asked again after each answer (decision.ts shows the loop), and whenever the
 * object, its plan, a guardrail or the verdict changes.
 */
export function next(remediation: Remediation, world: World): Decision {
  const run = new Run(remediation, world);
  for (const stage of stages) {
    const decision = stage(run);
    if (decision !== undefined) return run.settle(beforeLeaseEnds(run, notPastUndo(run, decision)));
  }
  return run.settle(waitUntil());
}

/** What is taken back after a time is taken back then, whatever else is waited for. */
function notPastUndo(run: Run, decision: Decision): Decision {
  const undoMs = nextUndoMs(run);
  if (decision.do !== 'Wait' || undoMs === undefined || undoMs <= run.nowMs || undoMs === Infinity) return decision;
  return waitUntil(Math.min(undoMs, decision.requeueAtMs ?? Infinity));
}

/** After its end there is only the taking back that comes later, and the deletion. */
function ended(run: Run): Decision | undefined {
  if (!run.isFinished) return undefined;
  const givenBack = giveLeaseBack(run);
  if (givenBack !== undefined) return givenBack;
  const refusedMs = refusedRetryAtMs(run);
  if (refusedMs === undefined && run.remediation.metadata.deletionTimestamp !== undefined) return { do: 'Release' };
  const undoMs = nextUndoMs(run);
  const times = [refusedMs, undoMs].flatMap((time) => (time === undefined || time === Infinity ? [] : time));
  if (times.length === 0) return waitUntil();
  const nextMs = Math.min(...times);
  return waitUntil(nextMs > run.nowMs ? nextMs : run.nowMs + lookAgainMs);
}

/** It is deleted before its end, and by now nothing that it did is left. */
function leaving(run: Run): Decision | undefined {
  if (run.remediation.metadata.deletionTimestamp === undefined) return undefined;
  return giveLeaseBack(run) ?? { do: 'Release' };
}
