/** Storms in the status of a plan or a guardrail: the condition that people read, and what a restart must remember. */
import type { Load, StormRecord } from '../decide/decision.ts';
import type { CommonStatus, Draft } from '../decide/draft.ts';
import { stormAt, type Storm, type StormLimits } from '../decide/storm.ts';
import { toSeconds } from '../decide/time.ts';

/** What is weighed: `what` names the targets where a status has several storms. */
export interface Weighed {
  readonly limits: StormLimits;
  readonly load: Load | undefined;
  readonly before: StormRecord | undefined;
  readonly what?: string;
}

/** Sets condition `Storm` by these, and answers how each stands. */
export function setStorm<S extends CommonStatus>(draft: Draft<S>, weighed: readonly Weighed[]): readonly Storm[] {
  const storms = weighed.map(({ limits, load, before }) => stormAt(limits, load, before, draft.nowMs));
  const said = weighed.flatMap(({ what }, index) => {
    const storm = storms[index];
    if (storm === undefined || storm.record === undefined) return [];
    const until = storm.untilMs === undefined ? '' : ` (until ${toSeconds(storm.untilMs)})`;
    return [`nothing is done because ${what === undefined ? '' : `of ${what} `}${storm.message}${until}`];
  });
  const is = (state: Storm['is']): boolean => storms.some((storm) => storm.is === state);
  if (said.length > 0) draft.set('Storm', 'True', is('Storm') ? 'TooManyFire' : 'Clearing', said.join('; '));
  else if (is('Unknown')) draft.set('Storm', 'Unknown', 'NotKnown', 'how many targets fire is not known yet');
  else draft.set('Storm', 'False', 'Calm', 'no more targets fire than spec allows');
  return storms;
}
