/**
 * Which templates of a workload have been tried: the one that an earlier Remediation of the target has rolled back, and the
 * one that it went back to in vain. So each attempt goes further back, and two that do not work do not take turns.
 */
import type { Remediation } from '../../crds/remediation.ts';
import { sameJson, valueOf } from '../actions/json.ts';
import { chainMs, startedMs } from './chain.ts';
import type { World } from './decision.ts';
import { ledgerOf, outcomeOf } from './ledger.ts';

const path = '/spec/template';

/** Whether this template of the workload with that UID was rolled back, or gone back to without its helping, within a day. */
export function wasInVain(
  { spec }: Remediation,
  { remediations = [], nowMs }: Pick<World, 'remediations' | 'nowMs'>,
  uid: string,
  template: unknown,
): boolean {
  return ledgerOf(remediations)
    .related(spec.target)
    .filter((other) => nowMs - (startedMs(other) ?? -Infinity) < chainMs)
    .some((other) =>
      (other.status?.steps ?? [])
        .filter(({ action, state }) => action === 'rolloutUndo' && (state === 'Applied' || state === 'Failed'))
        .flatMap(({ changes = [] }) => changes.filter((change) => change.object.uid === uid && change.path === path))
        .some(
          ({ from, to, undo }) =>
            (undo?.state !== 'Done' && sameJson(valueOf(from), template)) ||
            (outcomeOf(other) === 'Failed' && sameJson(valueOf(to), template)),
        ),
    );
}
