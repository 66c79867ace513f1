import type { Verdict, VerdictChange } from '../../../engine/evaluate/verdict.ts';
import { targetKey } from '../../controllers/targets.ts';

/** How an episode ended, if it did. */
export type EpisodeEnd = 'Recovered' | 'TargetGone';

/** One time that a target fired. Times are event time, in milliseconds since the epoch. */
export interface Episode {
  readonly policyId: string;
  /** The verdict by which it began to fire. */
  readonly verdict: Verdict;
  readonly firedMs: number;
  clearedMs?: number;
  end?: EpisodeEnd;
}

/** Turns changes of verdicts into episodes, in the order in which they began. */
export class Episodes {
  readonly all: Episode[] = [];
  readonly #open = new Map<string, Episode>();

  take({ verdict, atMs, cause }: VerdictChange): void {
    const key = `${verdict.policyId} ${targetKey(verdict.target)}`;
    const open = this.#open.get(key);
    if (open === undefined) {
      if (verdict.state !== 'Firing') return;
      const episode: Episode = { policyId: verdict.policyId, verdict, firedMs: atMs };
      this.all.push(episode);
      this.#open.set(key, episode);
      return;
    }
    // Clearing may fire again, and of what is unknown the episode is kept.
    if (cause === 'Judged' && verdict.state !== 'Inactive') return;
    open.clearedMs = atMs;
    open.end = cause === 'Judged' ? 'Recovered' : 'TargetGone';
    this.#open.delete(key);
  }
}
