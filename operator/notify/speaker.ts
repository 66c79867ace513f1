/** Everything that tells people something, put together: the file, the outbox, and the ways out of the process. */
import type { Registry } from 'prom-client';
import { showBreakers } from '../../wire/breaker-metrics.ts';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../kube/logger.ts';
import type { ReadinessCheck } from '../observe/server.ts';
import { Caller } from './calls.ts';
import { notifyMetrics } from './metrics.ts';
import type { EventBus } from './event-bus.ts';
import type { Message, Publish } from './notifier.ts';
import { Outbox } from './outbox.ts';
import { post, type Delivery } from './post.ts';
import { hmac } from './sign.ts';
import { WatchedFile, type WatchedFileOptions } from './watched-file.ts';

export interface SpeakerOptions {
  /** The notifiers file; undefined: there is none. */
  readonly path: string | undefined;
  /** Reads the text of a file; for tests. */
  readonly read?: WatchedFileOptions['read'];
  readonly subjectPrefix: string;
  /** Acknowledged publishing on NATS, to the stream of events. */
  readonly bus: EventBus;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
}

export class Speaker {
  readonly outbox: Outbox;
  readonly file: WatchedFile;
  /** Makes the calls of the action webhook. */
  readonly caller: Caller;
  readonly #bus: SpeakerOptions['bus'];

  constructor({ path, read, subjectPrefix, bus, isLeader, clock, random, logger, registry }: SpeakerOptions) {
    this.#bus = bus;
    this.file = new WatchedFile({ path, clock, logger, ...(read && { read }) });
    this.caller = new Caller({ file: this.file, clock });
    this.outbox = new Outbox({
      clock,
      random,
      isLeader,
      file: this.file,
      send: (message) => this.#send(message),
      moment: () => ({ nowMs: clock.now(), hmac, subjectPrefix }),
      metrics: notifyMetrics(registry, () => this.outbox.waiting()),
    });
    showBreakers(
      registry,
      'notifiers',
      () => this.outbox.breakers(),
      () => clock.now(),
    );
    showBreakers(
      registry,
      'webhooks',
      () => this.caller.breakers(),
      () => clock.now(),
    );
  }

  /** What /readyz asks. */
  get check(): ReadinessCheck {
    return { name: 'notifiers', missing: () => this.file.problem };
  }

  start(): Promise<void> {
    return this.file.start();
  }

  async stop(): Promise<void> {
    this.file.stop();
    await this.outbox.stop();
  }

  #send(message: Message): Promise<Delivery> {
    return message.is === 'Post' ? post(message) : this.#publish(message);
  }

  async #publish({ subject, body, id }: Publish): Promise<Delivery> {
    try {
      await this.#bus.publish(subject, new TextEncoder().encode(body), id);
      return { is: 'Accepted', answer: `acknowledged on ${subject}` };
    } catch (error) {
      return { is: 'Later', answer: `${subject}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}
