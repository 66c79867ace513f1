/**
 * Publishing to JetStream with an acknowledgement each, over one inbox. The client library does the same by a request a
 * message, which waits in a Map. A Map through which entries pass makes its table anew again and again, and V8 lets each
 * former table point to the next one. Once one of them has grown old, the young ones after it are held by it though all
 * of them are garbage: whatever waited in them, with payload, answer and the chunk of the socket that the answer came
 * in, grows old as well, until the next collection of old objects. An array that is written over has no past.
 */
import { JetStreamApiError, PubHeaders } from '@nats-io/jetstream';
import {
  createInbox,
  errors,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import type { Clock } from './clock.ts';

/** A message that is not acknowledged yet. */
interface Waiting {
  readonly subject: string;
  /** Where its acknowledgement goes: the slot it waits in, and a number, since slots are used again. */
  readonly reply: string;
  readonly untilMs: number;
  resolve(ack: Acknowledgement): void;
  reject(reason: unknown): void;
}

export interface Acknowledgement {
  /** Whether a message of this id had been stored before. */
  readonly duplicate: boolean;
}

/** As the server writes it. */
interface Answer {
  readonly duplicate?: boolean;
  readonly error?: ConstructorParameters<typeof JetStreamApiError>[0];
}

/** What is published on one connection, until it is acknowledged. */
export class Acknowledged {
  readonly #connection: NatsConnection;
  readonly #clock: Clock;
  readonly #ackMs: number;
  #inbox: Subscription | undefined;
  readonly #waiting: (Waiting | undefined)[] = [];
  readonly #free: number[] = [];
  #number = 0;
  /** Cancels the look at who has waited for too long; undefined while none is due. */
  #cancelLook: (() => void) | undefined;

  /** `ackMs`: how long an acknowledgement is waited for. */
  constructor(connection: NatsConnection, clock: Clock, ackMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#ackMs = ackMs;
  }

  /**
   * Resolves when the server has stored the message, or has one of this id. Rejects with the server’s JetStreamApiError,
   * an error of the client, or what `lose` was told.
   */
  publish(subject: string, payload: Uint8Array, id: string): Promise<Acknowledgement> {
    return new Promise((resolve, reject) => {
      const slot = this.#free.pop() ?? this.#waiting.length;
      const reply = `${this.#address()}.${++this.#number}.${slot}`;
      const untilMs = this.#clock.monotonic() + this.#ackMs;
      this.#waiting[slot] = { subject, reply, untilMs, resolve, reject };
      const told = headers();
      told.set(PubHeaders.MsgIdHdr, id);
      try {
        this.#connection.publish(subject, payload, { reply, headers: told });
      } catch (error) {
        this.#take(slot)?.reject(error);
      }
      this.#cancelLook ??= this.#clock.after(this.#ackMs, () => this.#look());
    });
  }

  /** Nobody needs to wait any more: all are rejected with `reason`, or those who publish to `subject`. */
  lose(reason: unknown, subject?: string): void {
    for (const [slot, waiting] of this.#waiting.entries())
      if (waiting !== undefined && (subject ?? waiting.subject) === waiting.subject) this.#take(slot)?.reject(reason);
    if (subject !== undefined) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  /** Begins to listen for acknowledgements, again if that was refused. */
  #address(): string {
    if (this.#inbox === undefined || this.#inbox.isClosed()) {
      const inbox = createInbox();
      const callback = (error: Error | null, message: Msg): void => {
        if (error === null) this.#answered(message);
        else this.lose(error);
      };
      this.#inbox = this.#connection.subscribe(`${inbox}.*.*`, { callback });
    }
    return this.#inbox.getSubject().slice(0, -'.*.*'.length);
  }

  #answered(message: Msg): void {
    const slot = Number(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    // Of one that was given up, and whose slot is another’s.
    if (this.#waiting[slot]?.reply !== message.subject) return;
    const waiting = this.#take(slot);
    if (waiting === undefined) return;
    if (message.data.length === 0 && message.headers?.code === 503)
      return waiting.reject(new errors.NoRespondersError(waiting.subject));
    try {
      const { duplicate = false, error } = message.json<Answer>();
      if (error === undefined) waiting.resolve({ duplicate });
      else waiting.reject(new JetStreamApiError(error));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** Gives up those that have waited for too long, and looks again when the next one will have. */
  #look(): void {
    const nowMs = this.#clock.monotonic();
    this.#cancelLook = undefined;
    let nextMs = Infinity;
    for (const [slot, waiting] of this.#waiting.entries()) {
      if (waiting === undefined) continue;
      if (waiting.untilMs <= nowMs) this.#take(slot)?.reject(new errors.TimeoutError());
      else nextMs = Math.min(nextMs, waiting.untilMs);
    }
    if (nextMs < Infinity) this.#cancelLook = this.#clock.after(nextMs - nowMs, () => this.#look());
  }

  #take(slot: number): Waiting | undefined {
    const waiting = this.#waiting[slot];
    this.#waiting[slot] = undefined;
    if (waiting !== undefined) this.#free.push(slot);
    return waiting;
  }
}
