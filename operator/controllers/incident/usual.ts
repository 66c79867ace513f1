/**
 * What is usual of the signals that opened an Incident, for its evidence. It is asked for while the Incident is being led, and
 * what has not come in time is left out, which the evidence says: nothing waits for it that changes a target.
 */
import type { Usual } from '../../../engine/history/profile.ts';
import type { Target } from '../../../engine/evaluate/target.ts';
import type { Evidence, Verdict } from '../../../engine/evaluate/verdict.ts';
import { monotonicMs, type Clock } from '../../kube/clock.ts';

export type UsualAnswer = Usual | { readonly absent: string };

/** Who knows. */
export interface UsualSource {
  /** Undefined when the value cannot be compared with what is usual. Never rejects. */
  ask(target: Target, evidence: Evidence, atMs: number): Promise<UsualAnswer | undefined>;
}

interface Asked {
  readonly atMs: number;
  /** Signals that have not been answered. */
  readonly open: Set<string>;
  readonly answers: Map<string, UsualAnswer>;
}

/** The status of an Incident waits so long at most for what is usual, and is looked at so often. */
const waitMs = 250;
export const usualAgainMs = 25;

export class UsualOfIncidents {
  readonly #source: UsualSource | undefined;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Asked>();

  constructor(source: UsualSource | undefined, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Begins to ask for an Incident, once. */
  begin(uid: string, { target, evidence, lastSampleMs }: Verdict): void {
    const source = this.#source;
    if (source === undefined || this.#asked.has(uid)) return;
    const asked: Asked = { atMs: monotonicMs(this.#clock), open: new Set(), answers: new Map() };
    this.#asked.set(uid, asked);
    for (const one of evidence) {
      asked.open.add(one.signal);
      void source.ask(target, one, lastSampleMs).then((answer) => {
        asked.open.delete(one.signal);
        if (answer !== undefined) asked.answers.set(one.signal, answer);
      });
    }
  }

  /** Whether there may soon be more to say. */
  isWaiting(uid: string): boolean {
    const asked = this.#asked.get(uid);
    return asked !== undefined && asked.open.size > 0 && monotonicMs(this.#clock) - asked.atMs < waitMs;
  }

  /** What has come so far, by signal. */
  of(uid: string): ReadonlyMap<string, UsualAnswer> {
    const { open = [], answers = [] } = this.#asked.get(uid) ?? {};
    return new Map([
      ...answers,
      ...Array.from(open, (signal) => [signal, { absent: 'history was not there in time' }] as const),
    ]);
  }

  /** It is recorded. */
  forget(uid: string): void {
    this.#asked.delete(uid);
  }
}
