/**
 * A work queue of keys, never of objects: whoever works on a key reads the newest state himself. One key is never
 * worked on twice at once; a key added while it is being worked on runs exactly once more afterwards; of several
 * appointments of one key the earliest wins; a key that fails comes back later, each time twice as late, but for failures
 * before that time, when it was added meanwhile: so it waits about as long as it has been failing; urgent keys go before
 * the others.
 */
import { monotonicMs, type Clock } from './clock.ts';

export interface WorkQueueOptions {
  /** Resolves to the milliseconds until the next look, or to nothing. A rejection is reported and retried. */
  readonly work: (key: string) => Promise<number | void>;
  readonly clock: Clock;
  /** How many keys are worked on at once. Default 4. */
  readonly workers?: number;
  /** The first delay after a failure; doubles with every further one. Default 5. */
  readonly baseMs?: number;
  /** The longest delay after a failure. Default 300,000 (five minutes). */
  readonly maxMs?: number;
  /** Adds up to this share of the delay, so that keys which failed together do not return together. Default 0.1. */
  readonly jitter?: number;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** The least delay after this failure, for a server that said how long to wait. Default 0. */
  readonly retryAfterMs?: (error: unknown) => number;
  /** Told of every failure, with how many times in a row the key has failed now. */
  readonly onError?: (key: string, error: unknown, failures: number, retryInMs: number) => void;
}

/** Timers know whole milliseconds only. */
const earlyMs = 2;

interface Appointment {
  readonly at: number;
  readonly cancel: () => void;
}

/** How often in a row a key has failed, how often its delay was doubled, and when it comes back. */
interface Failing {
  readonly failures: number;
  readonly doublings: number;
  readonly dueMs: number;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Waiting for a worker, in order of arrival, and since when. */
  readonly #ready = new Map<string, number>();
  readonly #active = new Set<string>();
  /** The same, before all those. */
  readonly #urgent = new Map<string, number>();
  /** Added while active, and whether urgently. */
  readonly #again = new Map<string, boolean>();
  readonly #failing = new Map<string, Failing>();
  readonly #appointments = new Map<string, Appointment>();
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Works on `key` as soon as a worker is free, urgently before all that is not; replaces any later appointment. */
  add(key: string, urgently = false): void {
    if (this.#closed) return;
    this.#cancel(key);
    if (this.#active.has(key)) {
      this.#again.set(key, urgently || this.#again.get(key) === true);
      return;
    }
    const sinceMs = this.#ready.get(key) ?? this.#options.clock.now();
    if (urgently) this.#ready.delete(key);
    if (!this.#waits(key)) (urgently ? this.#urgent : this.#ready).set(key, sinceMs);
    this.#pump();
  }

  /** Works on `key` in `ms` milliseconds, unless it is due earlier anyway. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#options.clock.now() + ms;
    const armed = this.#appointments.get(key);
    if (this.#closed || this.#waits(key) || (armed !== undefined && armed.at <= at)) return;
    this.#cancel(key);
    const cancel = this.#options.clock.after(ms, () => {
      this.#appointments.delete(key);
      this.add(key);
    });
    this.#appointments.set(key, { at, cancel });
  }

  /** Keys waiting for a worker now. */
  get depth(): number {
    return this.#ready.size + this.#urgent.size;
  }

  /** Keys being worked on. */
  get active(): number {
    return this.#active.size;
  }

  /** How long the oldest waiting key has waited, in milliseconds; 0 when none waits. */
  get ageMs(): number {
    const nowMs = this.#options.clock.now();
    const oldest = [this.#urgent, this.#ready].map((waiting) => waiting.values().next().value ?? nowMs);
    return nowMs - Math.min(...oldest);
  }

  /** Takes nothing more, forgets what waits, and resolves when the running work has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready.clear();
    this.#urgent.clear();
    this.#again.clear();
    for (const key of this.#appointments.keys()) this.#cancel(key);
    if (this.#active.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #waits(key: string): boolean {
    return this.#ready.has(key) || this.#urgent.has(key);
  }

  #cancel(key: string): void {
    this.#appointments.get(key)?.cancel();
    this.#appointments.delete(key);
  }

  #pump(): void {
    for (const waiting of [this.#urgent, this.#ready])
      for (const key of waiting.keys()) {
        if (this.#active.size >= (this.#options.workers ?? 4)) return;
        waiting.delete(key);
        this.#active.add(key);
        void this.#run(key);
      }
  }

  async #run(key: string): Promise<void> {
    let nextMs: number | void;
    try {
      nextMs = await this.#options.work(key);
      this.#failing.delete(key);
    } catch (error) {
      nextMs = this.#fail(key, error);
    }
    this.#active.delete(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) this.add(key, again);
    else if (nextMs !== undefined) this.addAfter(key, nextMs);
    this.#pump();
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #fail(key: string, error: unknown): number {
    const {
      clock,
      baseMs = 5,
      maxMs = 300_000,
      jitter = 0.1,
      random = Math.random,
      retryAfterMs,
      onError,
    } = this.#options;
    const {
      failures: before,
      doublings: last,
      dueMs,
    } = this.#failing.get(key) ?? { failures: 0, doublings: -1, dueMs: 0 };
    const doublings = last === -1 || monotonicMs(clock) >= dueMs ? last + 1 : last;
    const backoffMs = Math.min(baseMs * 2 ** doublings, maxMs) * (1 + jitter * random());
    const retryInMs = Math.max(backoffMs, retryAfterMs?.(error) ?? 0);
    const failures = before + 1;
    this.#failing.set(key, { failures, doublings, dueMs: monotonicMs(clock) + retryInMs - earlyMs });
    try {
      onError?.(key, error, failures, retryInMs);
    } catch {
      // A broken reporter must not stop the queue; it is the reporter's only chance to speak.
    }
    return retryInMs;
  }
}
