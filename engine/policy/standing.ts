import type { VerdictState } from '../evaluate/verdict.ts';

/** Whether the condition of a policy holds for a target; Unknown: missing samples decide it. */
export type Condition = 'True' | 'False' | 'Unknown';

/** How long a condition must hold before a target fires, and must not hold before it is clear. */
export interface Timing {
  readonly forMs: number;
  readonly clearForMs: number;
}

/** Where a target stands, and what is needed to go on from there. */
export interface Standing {
  readonly state: VerdictState;
  readonly sinceMs: number;
  /** When the condition began to hold in this episode; NaN outside an episode. */
  readonly firstSampleMs: number;
  /** In state Unknown: the state that was interrupted, and that is gone on from. Else the state itself. */
  readonly held: Exclude<VerdictState, 'Unknown'>;
}

/** How every target begins. */
export const initial = (nowMs: number): Standing => ({
  state: 'Inactive',
  sinceMs: nowMs,
  firstSampleMs: NaN,
  held: 'Inactive',
});

/**
 * The life of a verdict. Answers `standing` itself when nothing changes.
 *
 *     interrupted or present state     condition True              condition False
 *     Inactive                         Pending; Firing if for = 0  Inactive
 *     Pending                          Firing after `for`          Inactive
 *     Firing                           Firing                      Clearing; Inactive if clearFor = 0
 *     Clearing                         Firing                      Inactive after `clearFor`
 *
 * Condition Unknown leads to Unknown from everywhere, and the episode is kept. Time that could not be watched counts
 * for nothing: after Unknown, `for` and `clearFor` begin anew.
 */
export function step(standing: Standing, condition: Condition, nowMs: number, { forMs, clearForMs }: Timing): Standing {
  const { state, held, firstSampleMs } = standing;
  if (condition === 'Unknown')
    return state === 'Unknown' ? standing : { state: 'Unknown', sinceMs: nowMs, firstSampleMs, held };
  const startMs = state === 'Unknown' ? nowMs : standing.sinceMs;
  const holds = condition === 'True';
  const is = (next: Standing['held'], sinceMs = nowMs): Standing =>
    next === state && sinceMs === standing.sinceMs
      ? standing
      : { state: next, sinceMs, firstSampleMs: next === 'Inactive' ? NaN : firstSampleMs, held: next };
  switch (held) {
    case 'Inactive':
      if (!holds) return is('Inactive', startMs);
      return { ...is(forMs === 0 ? 'Firing' : 'Pending'), firstSampleMs: nowMs };
    case 'Pending':
      if (!holds) return is('Inactive');
      return nowMs - startMs >= forMs ? is('Firing') : is('Pending', startMs);
    case 'Firing':
      if (holds) return is('Firing', startMs);
      return is(clearForMs === 0 ? 'Inactive' : 'Clearing');
    case 'Clearing':
      if (holds) return is('Firing');
      return nowMs - startMs >= clearForMs ? is('Inactive') : is('Clearing', startMs);
    default:
      return held satisfies never;
  }
}

/** Nothing can be known for a while, and that is no fault: the state stays, and `for` and `clearFor` begin anew. */
export const pause = (standing: Standing, nowMs: number): Standing =>
  standing.state === 'Pending' || standing.state === 'Clearing' ? { ...standing, sinceMs: nowMs } : standing;

/** A new firing that has to wait: the condition goes on to hold, and the target is pending. */
export const waiting = (standing: Standing, firing: Standing): Standing =>
  standing.state === 'Pending' ? standing : { ...firing, state: 'Pending', held: 'Pending' };

/** The same when its waiting is over. */
export const released = (standing: Standing, nowMs: number): Standing => ({
  ...standing,
  state: 'Firing',
  sinceMs: nowMs,
  held: 'Firing',
});
