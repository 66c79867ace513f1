/**
 * The reasons that the conditions of a Remediation give, in one place: programs match on them, so they are part of the
 * API. A condition `Blocked` also gives the `reason` of the first guard that does not pass (guards*.ts).
 */
export const reasons = {
  /** Approved=Unknown: a person is asked. */
  awaiting: 'AwaitingApproval',
  /** Approved=True: by a person. */
  approved: 'Approved',
  /** Approved=True: the mode asks nobody. */
  notRequired: 'NotRequired',
  /** Approved=False, Succeeded=False: a person said no. */
  denied: 'Denied',
  /** Approved=False, Succeeded=False: nobody decided in time. */
  approvalExpired: 'ApprovalExpired',

  /** Blocked=Unknown: a place in the budgets is claimed, others may have been faster (budget.ts). */
  reserved: 'Reserved',
  /** Blocked=False: all guards passed. */
  guardsPass: 'GuardsPass',
  /** Blocked=False: all guards passed and it has begun. */
  admitted: 'Admitted',
  /** Blocked=False: it has come to its end. */
  ended: 'Ended',
  /** Blocked=True: something that must be known could not be read. */
  unreadable: 'Unreadable',
  /** Blocked=True: the Lease of a node, which medik8s operators share, could not be had. */
  nodeLease: 'NodeLeaseHeld',

  /** Applied=Unknown: steps are under way. */
  inProgress: 'InProgress',
  /** Applied=Unknown: pods cannot be evicted yet, because of their PodDisruptionBudgets. */
  disruptionBudget: 'DisruptionBudget',
  /** Applied=True: every step is done. */
  allSteps: 'AllStepsDone',
  /** Applied=False, Succeeded=False: there was nothing to change. */
  nothingToDo: 'NothingToDo',
  /** Applied=False, Succeeded=False: a step failed. */
  stepFailed: 'StepFailed',
  /** Applied=False, Succeeded=False: whoever the step is done as may not do it. */
  forbidden: 'Forbidden',
  /** Applied=False, Succeeded=False: a person asked to go no further. */
  cancelled: 'Cancelled',
  /** Applied=False, Succeeded=True: written down only. */
  observed: 'Observed',
  /** Applied=False, Succeeded=True: the API server would have accepted it. */
  dryRun: 'DryRun',
  /** Succeeded=False in modes Observe and DryRun: a step would have failed. */
  wouldFail: 'WouldFail',

  /** Verified=Unknown: the target must stay healthy for a while. */
  stabilizing: 'Stabilizing',
  /** Verified=True, Succeeded=True. */
  recovered: 'Recovered',
  /** Verified=False, Succeeded=False: the target still fires. */
  stillFiring: 'StillFiring',
  /** Verified=False, Succeeded=False: the target had stopped firing, and what it fired for is the case again. */
  notStable: 'NotStable',
  /** Verified=Unknown, Succeeded=False: without samples nothing can be concluded. */
  inconclusive: 'Inconclusive',

  /** Verified=False, Succeeded=False: verify.condition does not hold. */
  conditionNotMet: 'ConditionNotMet',
  /** Verified=Unknown, Succeeded=False: whether it helped could not be found out. */
  verificationError: 'VerificationError',
  /** Succeeded=False, Escalated=True: too many attempts in a row had no effect on the target. */
  ineffectiveChain: 'IneffectiveChain',

  /** Succeeded=Unknown: it has not begun. What it waits for later is said by the reason of the condition that says so. */
  pending: 'Pending',
  /** Succeeded=True: the target recovered before anything was done. */
  notNeeded: 'NotNeeded',
  /** Succeeded=False: there is no action for such a target. */
  unsupported: 'UnsupportedTarget',
  /** Succeeded=True: the target is no more, and nothing was done. */
  targetGone: 'TargetGone',

  /** Undone=False: it is taken back later. */
  scheduled: 'Scheduled',
  /** Undone=False: it was to be taken back now, but the target fires again. */
  postponed: 'Postponed',
  /** Undone=Unknown: being taken back. */
  undoing: 'Undoing',
  /** Undone=True: everything is as before. */
  undone: 'Undone',
  /** Undone=True: what is still ours is as before; the rest was changed by others since and was left. */
  superseded: 'Superseded',
  /** Undone=True: nothing had been changed. */
  nothingToUndo: 'NothingToUndo',
  /** Undone=False: some of it cannot be taken back. */
  irreversible: 'Irreversible',
  /** Undone=False: the API server refused; it is tried again. */
  undoFailed: 'UndoFailed',
  /** Succeeded=False: a person asked to undo it. */
  undoRequested: 'UndoRequested',
  /** Applied or Verified=False, Succeeded=False: GitOps put back what was done; the message says what to add where. */
  revertedByGitOps: 'RevertedByGitOps',
  /** Succeeded=False: the Remediation was deleted before its end. */
  deleted: 'Deleted',
} as const;

export type Reason = (typeof reasons)[keyof typeof reasons];
