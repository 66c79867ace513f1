import { Counter, type Registry } from 'prom-client';
import type { Remediation, RemediationStatus } from '../../../crds/remediation.ts';
import { guards } from '../../decide/guards.ts';
import { reasons } from '../../decide/reasons.ts';
import { findCondition } from '../../kube/conditions.ts';
import { stageObserver } from '../../ingest/stages.ts';

/** How a Remediation can end: the reasons of `Succeeded` other than Pending. */
const results = [
  reasons.recovered,
  reasons.observed,
  reasons.dryRun,
  reasons.notNeeded,
  reasons.targetGone,
  reasons.denied,
  reasons.approvalExpired,
  reasons.cancelled,
  reasons.nothingToDo,
  reasons.stepFailed,
  reasons.forbidden,
  reasons.revertedByGitOps,
  reasons.wouldFail,
  reasons.stillFiring,
  reasons.notStable,
  reasons.conditionNotMet,
  reasons.verificationError,
  reasons.inconclusive,
  reasons.ineffectiveChain,
  reasons.unsupported,
  reasons.undoRequested,
  reasons.deleted,
] as const;

const purposes = ['Act', 'Undo', 'DryRun'] as const;
const writeResults = ['ok', 'conflict', 'forbidden', 'gone', 'refused', 'throttled', 'unanswered', 'failed'] as const;
export type WriteResult = (typeof writeResults)[number];

export interface RemediationMetrics {
  /** Counts what became different between two statuses: ends, guards that do not pass any more, undone changes. */
  readonly saved: (before: Remediation, after: RemediationStatus) => void;
  readonly wrote: (purpose: (typeof purposes)[number], result: WriteResult) => void;
  /** Of the requests by which a step is done: sent -> answered, stage `act`. */
  readonly act: (ms: number) => void;
  /**
   * In mode Enforce, of the first write to the target: Incident opened -> sent, stage `decide`; Incident opened ->
   * answered, stage `incident_act`.
   */
  readonly reaction: (decidedMs: number, actedMs: number) => void;
}

export function remediationMetrics(registry: Registry): RemediationMetrics {
  const registers = [registry];
  const ended = new Counter({
    name: 'homeostat_remediations_total',
    help: 'Remediations that came to an end, by the reason of their condition Succeeded.',
    labelNames: ['result'],
    registers,
  });
  for (const result of results) ended.inc({ result }, 0);
  const blocked = new Counter({
    name: 'homeostat_guard_blocked_total',
    help: 'Times a guard began to hold a Remediation back.',
    labelNames: ['guard'],
    registers,
  });
  for (const { name: guard } of guards) blocked.inc({ guard }, 0);
  const undone = new Counter({
    name: 'homeostat_undone_changes_total',
    help: 'Changes whose undoing was decided, by what became of it.',
    labelNames: ['result'],
    registers,
  });
  for (const result of undoStates) undone.inc({ result }, 0);
  const writes = new Counter({
    name: 'homeostat_target_writes_total',
    help: 'Requests that change a target (dry runs too), by how the API server answered.',
    labelNames: ['purpose', 'result'],
    registers,
  });
  for (const purpose of purposes) for (const result of writeResults) writes.inc({ purpose, result }, 0);
  const observe = stageObserver(registry, ['decide', 'act', 'incident_act']);
  return {
    saved: (before, after) => {
      const result = endOf(after);
      if (result !== undefined && endOf(before.status) === undefined) ended.inc({ result });
      for (const guard of newlyFailed(before.status, after)) blocked.inc({ guard });
      for (const state of undoStates)
        undone.inc({ result: state }, Math.max(0, undoCount(after, state) - undoCount(before.status, state)));
    },
    wrote: (purpose, result) => writes.inc({ purpose, result }),
    act: (ms) => observe('act', ms),
    reaction: (decidedMs, actedMs) => {
      observe('decide', decidedMs);
      observe('incident_act', actedMs);
    },
  };
}

const undoStates = ['Done', 'Superseded', 'Irreversible', 'Failed'] as const;

function endOf(status: RemediationStatus | undefined): string | undefined {
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  return succeeded === undefined || succeeded.status === 'Unknown' ? undefined : succeeded.reason;
}

function newlyFailed(before: RemediationStatus | undefined, after: RemediationStatus): string[] {
  const failedBefore = new Set(before?.guards?.filter(({ passed }) => !passed).map(({ name }) => name));
  return (after.guards ?? []).filter(({ name, passed }) => !passed && !failedBefore.has(name)).map(({ name }) => name);
}

const undoCount = (status: RemediationStatus | undefined, state: (typeof undoStates)[number]): number =>
  (status?.steps ?? []).flatMap(({ changes = [] }) => changes).filter(({ undo }) => undo?.state === state).length;
