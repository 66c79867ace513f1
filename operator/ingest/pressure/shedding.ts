/**
 * How many policies are shed so that the others keep up: more and more at once (1, 2, 4, 8 of one rank) while the reading
 * falls behind, and one at a time back when there is room, after a pause that is doubled each time it was in vain. As
 * congestion control does it, since what one policy costs is not known and changes.
 */

export interface Limits {
  /** Behind by so much, the reading does not keep up. */
  readonly lagMs: number;
  /** Behind by so much with nothing left to shed, it skips what is older. */
  readonly skipLagMs: number;
  /** One that was given back is watched for so long, at first, before the next one is. */
  readonly holdMs: number;
}

/** How the reading stands, and whom it is for. */
export interface Look {
  /** Monotonic. */
  readonly nowMs: number;
  /** Age of the message that is read, while others wait for us; undefined while the past is read, or nothing is. */
  readonly lagMs: number | undefined;
  /** The rank of each policy, the least important one first: they are shed in this order. */
  readonly ranks: readonly number[];
}

export interface Shedding {
  /** So many policies are shed, those that come first. */
  readonly shed: number;
  /** How many more the next step may shed. */
  readonly batch: number;
  /** Since when it is behind, and since when it keeps up easily; undefined while it does not. */
  readonly behindMs: number | undefined;
  readonly easyMs: number | undefined;
  /** An earlier look, to see by whether it catches up. */
  readonly before: { readonly atMs: number; readonly lagMs: number };
  readonly lookedMs: number;
  /** When the last one was given back; undefined when that was in vain. */
  readonly restoredMs: number | undefined;
  /** How often the pause before the next one was doubled. */
  readonly doublings: number;
}

export interface Step {
  readonly next: Shedding;
  /** Nothing is left to shed: what is older than the present is to be skipped. */
  readonly skips: boolean;
}

/** It is looked so often. */
export const lookEveryMs = 250;
/** A longer pause between two looks is a standstill of this process, and says nothing of what it can do. */
const standstillMs = 4 * lookEveryMs;
/** Behind for so long, it is not a moment’s delay. */
export const behindForMs = 2000;
/** What was shed shows its effect within so long. */
const settleMs = 1000;
/** Catching up by less than this share of the time that passes is not catching up. */
const catchUp = 0.08;
/** Below this share of the limit it keeps up easily. */
const easyShare = 0.25;
const longestHoldMs = 600_000;
const mostDoublings = 10;
/** Behind again so soon after one was given back, that was too much. */
const inVainMs = 600_000;

export const noShedding: Shedding = {
  shed: 0,
  batch: 1,
  behindMs: undefined,
  easyMs: undefined,
  before: { atMs: -Infinity, lagMs: 0 },
  lookedMs: -Infinity,
  restoredMs: undefined,
  doublings: 0,
};

/** What follows from a look. */
export function shedding(state: Shedding, look: Look, limits: Limits): Step {
  const next = { ...seen(state, look, limits), shed: Math.min(state.shed, mostShed(look)) };
  const { nowMs, lagMs = 0 } = look;
  if (next.easyMs !== undefined) return { next: restored({ ...next, batch: 1 }, nowMs, limits), skips: false };
  if (next.behindMs === undefined || nowMs - next.before.atMs < settleMs) return { next, skips: false };
  const catchesUp = lagMs <= next.before.lagMs - catchUp * (nowMs - next.before.atMs);
  const settled = { ...next, before: { atMs: nowMs, lagMs } };
  if (catchesUp || nowMs - next.behindMs < behindForMs) return { next: settled, skips: false };
  if (next.shed < mostShed(look)) return { next: shedMore(settled, look), skips: false };
  if (lagMs < limits.skipLagMs) return { next: settled, skips: false };
  return { next: { ...settled, behindMs: undefined, before: noShedding.before }, skips: true };
}

/** The most important policy is always judged. */
const mostShed = ({ ranks }: Look): number => Math.max(0, ranks.length - 1);

function seen(state: Shedding, { nowMs, lagMs }: Look, limits: Limits): Shedding {
  const isBehind = lagMs !== undefined && lagMs >= limits.lagMs;
  const isEasy = lagMs !== undefined && lagMs < easyShare * limits.lagMs;
  const stoodStill = nowMs - state.lookedMs > standstillMs;
  return {
    ...state,
    lookedMs: nowMs,
    behindMs: isBehind ? ((stoodStill ? undefined : state.behindMs) ?? nowMs) : undefined,
    easyMs: isEasy ? (state.easyMs ?? nowMs) : undefined,
  };
}

function restored(state: Shedding, nowMs: number, limits: Limits): Shedding {
  const { shed, easyMs = nowMs, restoredMs, doublings } = state;
  if (shed === 0 || nowMs - easyMs < Math.min(limits.holdMs * 2 ** doublings, longestHoldMs)) return state;
  // The last one could be kept: the next one may come sooner.
  const next = restoredMs === undefined ? doublings : Math.max(0, doublings - 1);
  return { ...state, shed: shed - 1, easyMs: nowMs, restoredMs: nowMs, doublings: next };
}

/** Of one rank at a time: a more important one goes only when those below it were not enough. */
function shedMore(state: Shedding, { nowMs, ranks }: Look): Shedding {
  const ofRank = ranks.filter((rank, index) => index >= state.shed && rank === ranks[state.shed]).length;
  const shed = Math.min(state.shed + Math.min(state.batch, ofRank), ranks.length - 1);
  const isFirst = state.batch === 1;
  const wasInVain = state.restoredMs !== undefined && nowMs - state.restoredMs < inVainMs;
  const doubled = Math.min(state.doublings + 1, mostDoublings);
  return {
    ...state,
    shed,
    batch: 2 * state.batch,
    restoredMs: undefined,
    doublings: !isFirst ? state.doublings : wasInVain ? doubled : 0,
  };
}
