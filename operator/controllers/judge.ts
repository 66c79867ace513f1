/** How a policy judges a target now, in the words that an Incident and a Remediation need. */
import type { Verdict, VerdictChange } from '../../engine/evaluate/verdict.ts';
import { describeTarget, targetKey, type TargetReference } from './targets.ts';

export type Judgement =
  | { readonly state: 'Firing'; readonly verdict: Verdict }
  /** No recent samples, or the stream has not been read so far: nothing may be concluded. */
  | { readonly state: 'Unknown'; readonly message: string }
  /** It is over; `reason` is one CamelCase word. */
  | { readonly state: 'Over'; readonly atMs: number; readonly reason: OverReason; readonly message: string };

export type OverReason = 'Recovered' | 'TargetGone' | 'PolicyDeleted' | 'PolicyChanged' | 'PolicyObserves';

/** What is known of the policies that are in force. */
export interface PolicyFacts {
  /** `InForce`: it judges. `Observes`: it judges and nothing follows. `Broken`: it exists and no version of it can be used. */
  state(policyUid: string): 'InForce' | 'Observes' | 'Broken' | 'Deleted';
}

/** The part of the evaluator that answers for one target. */
export interface Verdicts {
  verdict(policyId: string, targetKey: string): Verdict | undefined;
}

export interface JudgeOptions {
  readonly verdicts: Verdicts;
  readonly policies: PolicyFacts;
  /** Whether the cluster still has such an object; undefined when that is not known yet. */
  readonly exists: (target: TargetReference) => boolean | undefined;
  /** Whether the stream has been read up to the present. */
  readonly isLive: () => boolean;
  /** Whether a policy is not judged now, for the operator does not keep up. Absent: none is. */
  readonly isShed?: (policyUid: string) => boolean;
  readonly nowMs: () => number;
}

/** How often endings that nobody asks for any more are forgotten. */
const mostEndings = 50_000;

export class Judge {
  readonly #options: JudgeOptions;
  /** Why and when the verdicts of targets have ended; nothing else of them, since there are many. */
  readonly #endings = new Map<string, Pick<VerdictChange, 'cause' | 'atMs'>>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  get isLive(): boolean {
    return this.#options.isLive();
  }

  /** Notes a change of verdict; to be called with every one. */
  take({ verdict: { policyId, target }, cause, atMs }: VerdictChange): void {
    const key = `${policyId} ${targetKey(target)}`;
    this.#endings.delete(key);
    if (cause === 'Judged') return;
    this.#endings.set(key, { cause, atMs });
    for (const oldest of this.#endings.keys()) {
      if (this.#endings.size <= mostEndings) break;
      this.#endings.delete(oldest);
    }
  }

  /** The verdict as it stands, whether or not the stream has been read so far. */
  verdict(policyUid: string, target: TargetReference): Verdict | undefined {
    return this.#options.verdicts.verdict(policyUid, targetKey(target));
  }

  /**
   * How it stands with an episode that began with a sample of `sinceMs` (default: whichever). A process that was not told of
   * that sample yet, because its stream is behind that of who opened the Incident, cannot say that it is over.
   */
  judge(policyUid: string, target: TargetReference, sinceMs = -Infinity): Judgement {
    const { policies, nowMs, isShed } = this.#options;
    const over = (reason: OverReason, message: string, atMs = nowMs()): Judgement => ({
      state: 'Over',
      atMs,
      reason,
      message,
    });
    switch (policies.state(policyUid)) {
      case 'Deleted':
        return over('PolicyDeleted', 'the DetectionPolicy was deleted');
      case 'Observes':
        return over('PolicyObserves', 'the DetectionPolicy only observes now');
      case 'Broken':
        return { state: 'Unknown', message: 'the DetectionPolicy has no version that can be used' };
      case 'InForce':
    }
    if (!this.isLive) return { state: 'Unknown', message: 'the frame stream has not been read up to now' };
    const ending = this.#endings.get(`${policyUid} ${targetKey(target)}`);
    if (ending?.cause === 'PolicyGone') {
      return over('PolicyChanged', 'the DetectionPolicy was changed and judges anew', ending.atMs);
    }
    const verdict = this.verdict(policyUid, target);
    if (verdict?.state === 'Unknown' && isShed?.(policyUid) === true)
      return { state: 'Unknown', message: 'the DetectionPolicy is shed: the operator does not keep up' };
    if (verdict !== undefined) return fromVerdict(verdict, sinceMs);
    if (ending !== undefined) return over('TargetGone', gone(target), ending.atMs);
    return this.#options.exists(target) === false
      ? over('TargetGone', gone(target))
      : { state: 'Unknown', message: 'no samples of the target have arrived' };
  }
}

const gone = (target: TargetReference): string =>
  `${describeTarget(target)} is gone, or the policy does not select it any more`;

function fromVerdict(verdict: Verdict, sinceMs: number): Judgement {
  switch (verdict.state) {
    case 'Unknown':
      return { state: 'Unknown', message: 'no recent samples of the target' };
    case 'Inactive':
      if (verdict.lastSampleMs < sinceMs)
        return { state: 'Unknown', message: 'no sample of the target has arrived since the one that it fired by' };
      return {
        state: 'Over',
        atMs: verdict.sinceMs,
        reason: 'Recovered',
        message: 'the target does not fire any more',
      };
    // Pending: it holds again, only not for long enough yet. That is not recovery.
    case 'Pending':
    case 'Firing':
    case 'Clearing':
      return { state: 'Firing', verdict };
  }
}
