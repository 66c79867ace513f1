import type { Clock } from '../kube/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * The life of one operator process as the machine gives it: its date may be wrong, it can be stopped for a while (then
 * everything that falls due waits, and comes all at once), and it can be killed (then nothing of it goes on, ever).
 */
export class Process implements Clock {
  readonly #time: VirtualTime;
  readonly #deaths: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #isAlive = true;
  #isPaused = false;
  /** How far its date is from the true one. */
  skewMs: number;

  constructor(time: VirtualTime, skewMs: number) {
    this.#time = time;
    this.skewMs = skewMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }
  get isPaused(): boolean {
    return this.#isPaused;
  }

  now(): number {
    return this.#time.now() + this.skewMs;
  }
  monotonic(): number {
    return this.#time.now();
  }
  after(ms: number, f: () => void): () => void {
    let cancelled = false;
    const cancel = this.#time.after(ms, () => this.deliver(() => cancelled || f()));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Gives the process something from outside: at once, when it goes on, or never. */
  deliver(f: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused || this.#waiting.length > 0) this.#waiting.push(f);
    else f();
  }

  pause(): void {
    this.#isPaused = true;
  }
  /** What has waited comes at once, one after the other, and what one sets going comes to rest before the next. */
  resume(): void {
    this.#isPaused = false;
    this.#catchUp();
  }

  #catchUp(): void {
    this.#time.after(0, () => {
      if (!this.#isAlive || this.#isPaused) return;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#catchUp();
    });
  }

  kill(): void {
    this.#isAlive = false;
    this.#waiting = [];
    for (const f of this.#deaths.splice(0)) f();
  }
  /** Called once, at its death. */
  onDeath(f: () => void): void {
    this.#deaths.push(f);
  }
}
