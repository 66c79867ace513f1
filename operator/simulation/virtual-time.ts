import type { Clock } from '../kube/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly f: () => void;
  cancelled: boolean;
}

const armedAtOnce = 64;

/**
 * The time of the whole simulation. It stands still while anything can go on without it; then it jumps to the next timer.
 * Timers of one moment run in the order in which they were armed, and everything that one sets going comes to rest before
 * the next. A heap, because there are hundreds of timers and tens of thousands of moments.
 */
export class VirtualTime implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #heap: Timer[] = [];
  /** Who waits for the next immediate, and how many are armed. */
  #settled = (): void => {};
  #armed = 0;

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, f: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, f, cancelled: false };
    this.#push(timer);
    return () => void (timer.cancelled = true);
  }

  /** Resolves when so much time has passed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Lets time pass until `untilMs`, or until `isOver` says so after some timer. */
  async runUntil(untilMs: number, isOver: () => boolean): Promise<void> {
    await this.#settle();
    for (let timer = this.#heap[0]; timer !== undefined && timer.atMs <= untilMs; timer = this.#heap[0]) {
      this.#pop();
      if (timer.cancelled) continue;
      this.#nowMs = timer.atMs;
      timer.f();
      await this.#settle();
      if (isOver()) return;
    }
    this.#nowMs = untilMs;
  }

  /**
   * Everything in this process that waits for no timer waits for promises, and those have all settled before an immediate,
   * also between two that were armed together: armed one by one, each would cost a turn of the event loop.
   */
  #settle(): Promise<void> {
    const settled = new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#armed === 0)
      for (; this.#armed < armedAtOnce; this.#armed++)
        setImmediate(() => {
          this.#armed--;
          this.#settled();
        });
    return settled;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(timer, heap[above])) break;
      this.#swap(at, above);
      at = above;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let least = at;
      if (isBefore(heap[left], heap[least])) least = left;
      if (isBefore(heap[left + 1], heap[least])) least = left + 1;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

const isBefore = (a: Timer | undefined, b: Timer | undefined): boolean =>
  a !== undefined && b !== undefined && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));
