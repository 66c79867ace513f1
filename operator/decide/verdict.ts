import type { Target as EngineTarget } from '../../engine/evaluate/target.ts';
import type { Verdict } from '../../engine/evaluate/verdict.ts';
import type { Target } from '../actions/action.ts';
import type { PolicyVerdict } from './decision.ts';

/** Whether two references mean the very same thing. */
export const sameTarget = (
  a: Target,
  b: Pick<EngineTarget, 'kind' | 'uid'> & { container?: string | undefined },
): boolean => a.kind === b.kind && a.uid === b.uid && a.container === b.container;

/**
 * How a policy judges the target of a Remediation. When a pod was restarted the target is no more; then what was started
 * in its place since `startedMs` (pods of the same workload, the container of the same name in them) speaks for it, the
 * worst of them deciding. A replacement without a verdict yet is unknown, not healthy.
 */
export function policyVerdict(
  target: Target,
  verdicts: Iterable<Verdict>,
  facts: { readonly startedMs: number | undefined; readonly staleAfterSeconds: number; readonly nowMs: number },
): PolicyVerdict {
  const { startedMs, staleAfterSeconds, nowMs } = facts;
  const all = [...verdicts];
  const own = all.filter((verdict) => sameTarget(target, verdict.target));
  const judged = own.length > 0 ? own : all.filter((verdict) => replaces(verdict.target, target, startedMs));
  const worst = (['Firing', 'Pending', 'Unknown', 'Clear'] as const)
    .map((state) => ({ state, of: judged.filter((verdict) => stateOf(verdict) === state) }))
    .find(({ of }) => of.length > 0);
  if (worst === undefined) return { state: 'Unknown', sinceMs: nowMs, lastSampleMs: undefined, staleAfterSeconds };
  const lastSampleMs = Math.min(...worst.of.map((verdict) => verdict.lastSampleMs));
  return {
    state: worst.state,
    sinceMs: Math.max(...worst.of.map((verdict) => verdict.sinceMs)),
    lastSampleMs: Number.isNaN(lastSampleMs) ? undefined : lastSampleMs,
    signals: worst.of[0]?.evidence.map(({ signal, value }) => ({ signal, value })),
    staleAfterSeconds,
  };
}

/** Clearing still fires. */
function stateOf({ state }: Verdict): PolicyVerdict['state'] {
  switch (state) {
    case 'Firing':
    case 'Clearing':
      return 'Firing';
    case 'Inactive':
      return 'Clear';
    case 'Pending':
    case 'Unknown':
      return state;
  }
}

/** Whether the verdict of a candidate can be that of a target to which something is done since `startedMs`, if ever. */
export const speaksFor = (candidate: EngineTarget, target: Target, startedMs: number | undefined): boolean =>
  sameTarget(target, candidate) || replaces(candidate, target, startedMs);

const replaces = (candidate: EngineTarget, target: Target, startedMs = Infinity): boolean =>
  candidate.kind === target.kind &&
  candidate.container === target.container &&
  target.workload !== undefined &&
  candidate.workload?.uid === target.workload.uid &&
  // Starts are told in whole seconds.
  (candidate.startedMs ?? -Infinity) >= Math.floor(startedMs / 1000) * 1000;
