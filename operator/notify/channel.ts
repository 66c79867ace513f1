/**
 * The way to one notifier. Nothing that happens here holds up anybody else: it has a queue of its own, tries again with
 * growing pauses, and leaves a receiver in peace that does not answer.
 */
import { Breaker } from '../../wire/breaker.ts';
import type { Clock } from '../kube/clock.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Delivery } from './post.ts';
import type { Result } from './metrics.ts';
import type { Notification } from './notification.ts';

/** How far the telling of one thing is. */
export interface Report {
  readonly state: 'Pending' | 'Delivered' | 'Failing' | 'Refused' | 'UnknownNotifier';
  /** What the receiver answered. */
  readonly answer?: string;
  readonly atMs: number;
}

/** One matter that one notifier is told of; the newest thing to say of it replaces what was not said yet. */
export interface Job {
  notification: Notification;
  report: Report;
  /** In a row. */
  failures: number;
}

export interface ChannelOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Sends it; never rejects. Undefined: nobody of that name is configured. */
  readonly send: (notification: Notification) => Promise<Delivery> | undefined;
  /** How often what lasts is told again; undefined: once is enough. */
  readonly repeatMs: () => number | undefined;
  readonly isLeader: () => boolean;
  readonly onReport: (key: string, job: Job) => void;
  readonly count: (result: Result) => void;
}

/** So many are told at once. */
const workers = 4;
/** So many wait at most; what comes after them is offered again later. */
export const mostWaiting = 1000;
const pauseMs = { first: 1000, longest: 300_000, refused: 600_000 };
/** Of whatever the receiver was told. */
const limits = { failures: 5, firstMs: 30_000, longestMs: 300_000 };

export class Channel {
  readonly #options: ChannelOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #queue: WorkQueue;
  readonly #breaker = new Breaker(limits);

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ work: (key) => this.#tell(key), clock: options.clock, workers });
  }

  /** Before the receiver. */
  get breaker(): Breaker {
    return this.#breaker;
  }

  /** Notifications that are not delivered. */
  get waiting(): number {
    let waiting = 0;
    for (const { report } of this.#jobs.values()) if (report.state !== 'Delivered') waiting++;
    return waiting;
  }

  get(key: string): Job | undefined {
    return this.#jobs.get(key);
  }

  /** Has something told, unless it is being told already. False: there is no room for it now. `isTold`: only repeat it. */
  offer(key: string, notification: Notification, isTold: boolean): boolean {
    const known = this.#jobs.get(key);
    if (known?.notification.id === notification.id) {
      // The same thing; what is said of it may have become more.
      known.notification = notification;
      return true;
    }
    if (known === undefined && this.#jobs.size >= mostWaiting) {
      this.#options.count('Deferred');
      return false;
    }
    const atMs = this.#options.clock.now();
    this.#jobs.set(key, { notification, failures: 0, report: { state: isTold ? 'Delivered' : 'Pending', atMs } });
    this.#queue.add(key);
    return true;
  }

  drop(key: string): void {
    this.#jobs.delete(key);
  }

  /** Tries everything that was not accepted at once: the notifier was configured anew. */
  retry(): void {
    this.#breaker.succeeded();
    for (const [key, { report }] of this.#jobs) if (report.state !== 'Delivered') this.#queue.add(key);
  }

  /** Takes nothing more, and resolves when what is on its way has ended. */
  stop(): Promise<void> {
    this.#jobs.clear();
    return this.#queue.close();
  }

  /** Answers when to look again. */
  async #tell(key: string): Promise<number | void> {
    const { clock, isLeader, send, repeatMs } = this.#options;
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    if (!isLeader()) return void this.#jobs.delete(key);
    const waitMs = this.#breaker.admit(clock.now());
    if (waitMs > 0) return waitMs;
    const { notification } = job;
    const sending = send(notification);
    if (sending === undefined) {
      this.#breaker.abandoned();
      return this.#report(key, job, 'UnknownNotifier');
    }
    const delivery = await sending;
    // It was dropped, or there is something newer to say: that is in the queue already.
    if (this.#jobs.get(key) !== job || job.notification.id !== notification.id) return this.#note(delivery);
    this.#note(delivery);
    switch (delivery.is) {
      case 'Accepted':
        job.failures = 0;
        this.#report(key, job, 'Delivered', delivery.answer);
        return isOpen(notification) ? repeatMs() : undefined;
      case 'Refused':
        this.#report(key, job, 'Refused', delivery.answer);
        return pauseMs.refused;
      case 'Later':
        job.failures++;
        // What was accepted before stays so; only its repetition is late.
        if (job.report.state !== 'Delivered') this.#report(key, job, 'Failing', delivery.answer);
        return Math.max(delivery.afterMs ?? 0, this.#pauseMs(job.failures));
    }
  }

  /** Counts, and leaves a receiver in peace that does not answer or asks for it. */
  #note(delivery: Delivery): void {
    const { clock, count } = this.#options;
    count(delivery.is === 'Accepted' ? 'Delivered' : delivery.is === 'Refused' ? 'Refused' : 'Retried');
    if (delivery.is === 'Later') this.#breaker.failed(clock.now(), delivery.afterMs);
    else this.#breaker.succeeded();
  }

  #pauseMs(failures: number): number {
    const ms = Math.min(pauseMs.first * 2 ** (failures - 1), pauseMs.longest);
    return ms * (1 + this.#options.random() / 2);
  }

  #report(key: string, job: Job, state: Report['state'], answer?: string): void {
    const isNews = job.report.state !== state;
    job.report = { state, atMs: this.#options.clock.now(), ...(answer === undefined ? {} : { answer }) };
    if (isNews) this.#options.onReport(key, job);
  }
}

const isOpen = ({ stage }: Notification): boolean => stage === 'Opened' || stage === 'Acknowledged';
