/**
 * What a notifier is: a pure function from a notification to the message that its receiver understands. How messages are
 * sent, repeated and given up is the same for all (outbox.ts).
 */
import type { Schema } from '../../engine/schema.ts';
import type { Notification } from './notification.ts';

/** An HTTP POST. Its answer decides: 2xx is accepted; 408, 425, 429, 5xx and silence are tried again; all else is a refusal. */
export interface Post {
  readonly is: 'Post';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A message on NATS, acknowledged by a stream; `id` lets that drop what it has already. */
export interface Publish {
  readonly is: 'Publish';
  readonly subject: string;
  readonly id: string;
  readonly body: string;
}

export type Message = Post | Publish;

/** What a message may depend on besides the notification. */
export interface Moment {
  readonly nowMs: number;
  /** HMAC-SHA256 of the text, in hexadecimal digits. */
  readonly hmac: (secret: string, text: string) => string;
  /** First token of our subjects on NATS. */
  readonly subjectPrefix: string;
}

/** A notifier with settings `S`; one file and one line in the registry. */
export interface Notifier<S> {
  /** Of its settings in the notifiers file. */
  readonly schema: Schema;
  /** True: what it was told stays open at its receiver until it is told that it is over. */
  readonly lasting: boolean;
  /** What is open is told again so often, because its receiver forgets what it does not hear of. */
  readonly repeatMs?: number;
  /** Undefined: nothing is said of this stage. */
  message(notification: Notification, settings: S, moment: Moment): Message | undefined;
}
