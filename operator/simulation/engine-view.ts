import type { Verdict, VerdictChange, Wanted } from '../../engine/evaluate/verdict.ts';
import { targetKey } from '../controllers/targets.ts';
import { Delayed } from './delayed.ts';
import type { Process } from './process.ts';
import { hashOf } from './random.ts';
import type { Verdicts } from './verdicts.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface EngineViewOptions {
  readonly time: VirtualTime;
  readonly process: Process;
  readonly verdicts: Verdicts;
  readonly seed: number;
  readonly name: string;
}

interface Listeners {
  readonly onVerdict: (change: VerdictChange) => void;
  readonly onLive: () => void;
}

/** The verdicts as one process has them: nothing until it has read the stream, then each change a little late, in order. */
export class EngineView {
  readonly #options: EngineViewOptions;
  readonly #known = new Map<string, Map<string, Verdict>>();
  readonly #gone = new Set<string>();
  #arrivesMs = 0;
  readonly #onTheWay: Delayed;
  /** When what is on its way was told, oldest first: nothing of the stream from then on has been heard. */
  readonly #unheardMs: number[] = [];
  #told = 0;
  #isLive = false;
  /** The stream stands still before this time: nothing new is heard, and no sample is newer than when that began. */
  stalledUntilMs = 0;
  #stalledSinceMs: number | undefined;

  constructor(options: EngineViewOptions) {
    this.#options = options;
    this.#onTheWay = new Delayed({ ...options, stalledUntilMs: () => this.stalledUntilMs });
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** Begins to read the stream, and goes live after a while. */
  begin({ onVerdict, onLive }: Listeners): void {
    const { time, process, verdicts } = this.#options;
    const unsubscribe = verdicts.onChange((change) => this.#later(() => this.#take(change, onVerdict)));
    process.onDeath(unsubscribe);
    const readMs = 200 + (this.#random('read') % 2000);
    process.after(readMs, () => {
      const { policies } = verdicts;
      for (const { uid } of policies) if (!this.#gone.has(uid)) this.#known.set(uid, new Map(verdicts.of(uid)));
      this.#isLive = true;
      this.#arrivesMs = time.now();
      onLive();
    });
  }

  verdict(policyId: string, key: string): Verdict | undefined {
    const found = this.#known.get(policyId)?.get(key);
    return found && this.#dated(found);
  }

  verdicts(policyId: string, wanted: Wanted = () => true): Verdict[] {
    return [...(this.#known.get(policyId)?.values() ?? [])]
      .filter(({ target, state }) => wanted(target, state))
      .map((verdict) => this.#dated(verdict));
  }

  /** The policy is none any more. */
  forget(policyId: string): void {
    this.#known.delete(policyId);
    this.#gone.add(policyId);
  }

  /** Nothing of the stream arrives for so long. */
  stall(ms: number): void {
    const nowMs = this.#options.time.now();
    this.#stalledSinceMs = nowMs;
    this.stalledUntilMs = Math.max(this.stalledUntilMs, nowMs + ms);
  }

  #dated(verdict: Verdict): Verdict {
    const { time, verdicts } = this.#options;
    const newestMs = verdicts.lastSampleMs(verdict.target.uid);
    const heardMs = time.now() < this.stalledUntilMs ? (this.#stalledSinceMs ?? time.now()) : time.now();
    // A verdict comes with its sample: who has heard of later ones knows it.
    const [unheardMs = Infinity] = this.#unheardMs;
    return { ...verdict, lastSampleMs: Math.min(newestMs, heardMs, unheardMs - 1) };
  }

  #take(change: VerdictChange, onVerdict: Listeners['onVerdict']): void {
    const { policyId, target } = change.verdict;
    if (this.#gone.has(policyId)) return;
    const of = this.#known.get(policyId) ?? new Map<string, Verdict>();
    this.#known.set(policyId, of);
    if (change.cause === 'Judged') of.set(targetKey(target), change.verdict);
    else of.delete(targetKey(target));
    onVerdict(change);
  }

  /** In the order of telling, each no earlier than the one before. */
  #later(arrive: () => void): void {
    const soonestMs = this.#options.time.now() + 1 + (this.#random(`verdict ${this.#told++}`) % 60);
    this.#arrivesMs = Math.max(this.#arrivesMs, soonestMs);
    this.#unheardMs.push(this.#options.time.now());
    this.#onTheWay.send(this.#arrivesMs, () => {
      this.#unheardMs.shift();
      arrive();
    });
  }

  #random(what: string): number {
    return hashOf(this.#options.seed, `${this.#options.name} ${what}`);
  }
}
