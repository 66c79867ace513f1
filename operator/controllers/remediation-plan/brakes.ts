/** What holds a plan back as a whole, in its status: a storm, which is remembered there, and its breaker. */
import type { RemediationPlan, RemediationPlanStatus } from '../../../crds/remediation-plan.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { breakerOf } from '../../decide/breaker.ts';
import type { Load } from '../../decide/decision.ts';
import type { Draft } from '../../decide/draft.ts';
import { ledgerOf, scope } from '../../decide/ledger.ts';
import { setStorm } from '../storm.ts';

/** Writes down whether there is a storm; answers when that will change by itself, if it will. */
export function standOf(
  draft: Draft<RemediationPlanStatus>,
  { spec }: RemediationPlan,
  load: Load | undefined,
): number | undefined {
  const { storm: limits } = spec.guards;
  if (limits === undefined) {
    delete draft.status.storm;
    draft.drop('Storm');
    return undefined;
  }
  const { record, untilMs } = setStorm(draft, [{ limits, load, before: draft.status.storm }])[0] ?? {};
  if (record === undefined) delete draft.status.storm;
  else draft.status.storm = record;
  return untilMs;
}

/** Says how the breaker stands; answers when that will change by itself, if it will. */
export function tellBreaker(
  draft: Draft<RemediationPlanStatus>,
  { metadata, spec }: RemediationPlan,
  remediations: readonly Remediation[],
): number | undefined {
  const { breaker: limits } = spec.guards;
  if (limits === undefined) {
    draft.drop('BreakerClosed');
    return undefined;
  }
  const group = ledgerOf(remediations).group(scope.plan(metadata.namespace ?? '', metadata.name));
  const state = breakerOf(limits, group.failuresInARow, draft.nowMs);
  const status = { Closed: 'True', Open: 'False', HalfOpen: 'Unknown' } as const;
  draft.set('BreakerClosed', status[state.is], state.is, state.message);
  return state.is === 'Open' ? state.untilMs : undefined;
}
