/** Those that wait for a place in a budget, and who looks again when one may have become free. */
import type { Remediation } from '../../../crds/remediation.ts';
import { hasBegun, holdsClaim, isFinished } from '../../decide/budget.ts';
import { guards } from '../../decide/guards.ts';
import { reasons } from '../../decide/reasons.ts';
import { findCondition } from '../../kube/conditions.ts';
import { keyOf } from '../../kube/store.ts';
import type { Change } from '../records.ts';

type Claim = 'None' | 'Reserved' | 'Begun';

/**
 * So many of those that came first look again at once; whoever gets in, or withdraws, wakes the next. If all did, all
 * would claim what only a few can have.
 */
const wokenAtOnce = 2;

const waitingReasons = new Set<string>([
  ...guards.filter(({ budget }) => budget).map(({ reason }) => reason),
  reasons.reserved,
]);

interface Place {
  readonly key: string;
  /** The smallest comes first. */
  readonly place: string;
  readonly plan: string;
}

export class Line {
  readonly #claims = new Map<string, Claim>();
  readonly #waiting = new Map<string, Place>();
  /** Those that have given up a place by a write of ours, of which the watch has not told yet. */
  readonly #untold = new Set<string>();

  /**
   * A Remediation was seen or written (or is gone). Answers the keys of those that should look again: when a place is given
   * up, and once more when the watch tells of it, for that is what they count by.
   */
  changed(key: string, remediation: Remediation | undefined, change: Change): string[] {
    const before = this.#claims.get(key) ?? 'None';
    const now = remediation === undefined ? 'None' : claimOf(remediation);
    if (now === 'None') this.#claims.delete(key);
    else this.#claims.set(key, now);
    if (remediation === undefined || !waits(remediation)) this.#waiting.delete(key);
    else this.#waiting.set(key, { key, place: placeOf(remediation), plan: remediation.spec.planRef.uid });
    const isFreed = before !== 'None' && before !== now;
    const isTold = this.#untold.has(key) && change !== 'Written';
    if (change !== 'Written') this.#untold.delete(key);
    else if (isFreed) this.#untold.add(key);
    if (!isFreed && !isTold) return [];
    // Of the same plan first, whose budget it was; a guardrail's budget is that of all plans.
    const plan = remediation?.spec.planRef.uid;
    const samePlan = this.#first((other) => other.key !== key && other.plan === plan);
    return [...new Set([...samePlan, ...this.#first((other) => other.key !== key)])];
  }

  /** The keys of those of the waiting that came first. */
  #first(fits: (other: Place) => boolean): string[] {
    const first: Place[] = [];
    for (const other of this.#waiting.values()) {
      const last = first.at(-1);
      if (!fits(other) || (first.length === wokenAtOnce && last !== undefined && last.place < other.place)) continue;
      first.push(other);
      first.sort((a, b) => (a.place < b.place ? -1 : 1));
      first.length = Math.min(first.length, wokenAtOnce);
    }
    return first.map(({ key }) => key);
  }
}

const claimOf = (remediation: Remediation): Claim =>
  hasBegun(remediation) ? 'Begun' : holdsClaim(remediation) ? 'Reserved' : 'None';

function waits(remediation: Remediation): boolean {
  const blocked = findCondition(remediation.status?.conditions, 'Blocked');
  return !isFinished(remediation) && blocked?.status !== 'False' && waitingReasons.has(blocked?.reason ?? '');
}

const placeOf = (remediation: Remediation): string =>
  `${remediation.metadata.creationTimestamp ?? ''} ${keyOf(remediation)}`;
