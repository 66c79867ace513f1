/** A message so old is not the present any more; below the second bound it is again. */
const behindMs = 5_000;
const presentMs = 1_000;

/**
 * Whether what is read now is the present: the past has been read, and the last message is not old. The two bounds keep
 * a busy reader from going to and fro.
 */
export const isLive = (wasLive: boolean, caughtUp: boolean, lagMs: number): boolean =>
  caughtUp && lagMs < (wasLive ? behindMs : presentMs);
