/**
 * What is to be told to whom, apart from the decisions: whoever decides offers what the objects say, and is woken when
 * there is news of it. Nothing here is the truth: after a restart everything is offered again, from the objects.
 */
import type { Breaker } from '../../wire/breaker.ts';
import type { Clock } from '../kube/clock.ts';
import { Channel, type Report } from './channel.ts';
import { allowedHost, type Outsiders } from './file.ts';
import type { NotifyMetrics } from './metrics.ts';
import type { Notification } from './notification.ts';
import type { Message, Moment } from './notifier.ts';
import type { Delivery } from './post.ts';

/** One thing that is to be told. */
export interface Offer {
  readonly notifier: string;
  readonly notification: Notification;
  /** It was delivered already: it is only repeated, where the receiver wants that. */
  readonly isTold: boolean;
}

/** The notifiers file as it is now. */
export interface NotifiersFile {
  readonly current: Outsiders;
  readonly problem: string | undefined;
  onChange(listener: () => void): void;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly file: NotifiersFile;
  /** Sends a message; never rejects. */
  readonly send: (message: Message) => Promise<Delivery>;
  readonly moment: () => Moment;
  readonly isLeader: () => boolean;
  readonly metrics: NotifyMetrics;
}

/** The part of the outbox that controllers need. */
export interface Telling {
  /** Whether what this notifier is told stays open until it is told that it is over; undefined: there is no such notifier. */
  notifier(name: string): { readonly lasting: boolean; readonly repeats: boolean } | undefined;
  /** Why the action webhook may not call this address; undefined when it may. */
  callProblem(address: string): string | undefined;
  /** What is wrong with the notifiers file; undefined when nothing is. */
  readonly problem: string | undefined;
  /** All that is to be told of one object; what was offered before and is not any more, is not told. False: offer it again. */
  offer(object: string, offers: readonly Offer[]): boolean;
  /** How far the telling of this is; undefined when it was not offered. */
  report(notifier: string, notification: Pick<Notification, 'id' | 'key'>): Report | undefined;
  /** Calls `listener` with the object when there is news of something that was offered for it. */
  onReport(listener: (object: string) => void): void;
  /** Calls `listener` when other notifiers are configured, or something is wrong with their file. */
  onChange(listener: () => void): void;
}

export class Outbox implements Telling {
  readonly #options: OutboxOptions;
  readonly #channels = new Map<string, Channel>();
  /** What was offered of each object: notifier and key of each. */
  readonly #offered = new Map<string, readonly { readonly notifier: string; readonly key: string }[]>();
  /** Whose a key is. */
  readonly #objects = new Map<string, string>();
  readonly #listeners = new Set<(object: string) => void>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.file.onChange(() => this.#reload());
  }

  notifier(name: string): { lasting: boolean; repeats: boolean } | undefined {
    const found = this.#options.file.current.notifiers.get(name);
    return found && { lasting: found.lasting, repeats: found.repeatMs !== undefined };
  }

  callProblem(address: string): string | undefined {
    const found = allowedHost(this.#options.file.current, address);
    return 'problem' in found ? found.problem : undefined;
  }

  get problem(): string | undefined {
    return this.#options.file.problem;
  }

  offer(object: string, offers: readonly Offer[]): boolean {
    if (this.#stopped) return true;
    const wanted = new Set(offers.map(({ notifier, notification }) => `${notifier} ${notification.key}`));
    for (const { notifier, key } of this.#offered.get(object) ?? [])
      if (!wanted.has(`${notifier} ${key}`)) {
        this.#channels.get(notifier)?.drop(key);
        this.#objects.delete(key);
      }
    if (offers.length === 0) this.#offered.delete(object);
    else
      this.#offered.set(
        object,
        offers.map(({ notifier, notification }) => ({ notifier, key: notification.key })),
      );
    let hasRoom = true;
    for (const { notifier, notification, isTold } of offers) {
      this.#objects.set(notification.key, object);
      hasRoom = this.#channel(notifier).offer(notification.key, notification, isTold) && hasRoom;
    }
    return hasRoom;
  }

  report(notifier: string, { id, key }: Pick<Notification, 'id' | 'key'>): Report | undefined {
    const job = this.#channels.get(notifier)?.get(key);
    return job?.notification.id === id ? job.report : undefined;
  }

  onReport(listener: (object: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Notifications that wait, by notifier. */
  *waiting(): Generator<[notifier: string, count: number]> {
    for (const [name, channel] of this.#channels) yield [name, channel.waiting];
  }

  /** Before the receivers. */
  *breakers(): Generator<Breaker> {
    for (const { breaker } of this.#channels.values()) yield breaker;
  }

  onChange(listener: () => void): void {
    this.#options.file.onChange(listener);
  }

  /** The notifiers file has changed: what was not accepted is tried again. */
  #reload(): void {
    for (const name of this.#options.file.current.notifiers.keys()) this.#options.metrics.known(name);
    for (const channel of this.#channels.values()) channel.retry();
    for (const object of this.#offered.keys()) this.#tell(object);
  }

  /** Takes nothing more, and resolves when what is on its way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#channels.values()].map((channel) => channel.stop()));
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const { clock, random, file, send, moment, isLeader, metrics } = this.#options;
    const channel = new Channel({
      clock,
      random,
      isLeader,
      send: (notification) => {
        const notifier = file.current.notifiers.get(name);
        if (notifier === undefined) return undefined;
        const message = notifier.message(notification, moment());
        return message === undefined ? Promise.resolve(nothingToSay) : send(message);
      },
      repeatMs: () => file.current.notifiers.get(name)?.repeatMs,
      onReport: (key) => {
        const object = this.#objects.get(key);
        if (object !== undefined) this.#tell(object);
      },
      count: (result) => metrics.told(name, result),
    });
    this.#channels.set(name, channel);
    return channel;
  }

  #tell(object: string): void {
    for (const listener of this.#listeners) listener(object);
  }
}

const nothingToSay: Delivery = { is: 'Accepted', answer: 'nothing is said of this there' };
