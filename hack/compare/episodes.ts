/** A stretch of time in which something was so without a break. */
export interface Episode {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Groups rising times at which something was seen: what is more than a step and a half apart are two episodes. */
export const episodesOf = (timesMs: readonly number[], stepMs: number): readonly Episode[] => {
  const found: { fromMs: number; toMs: number }[] = [];
  for (const atMs of timesMs) {
    const last = found.at(-1);
    if (last !== undefined && atMs - last.toMs <= 1.5 * stepMs) last.toMs = atMs;
    else found.push({ fromMs: atMs, toMs: atMs });
  }
  return found;
};
