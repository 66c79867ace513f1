/**
 * Answers what is usual of a metric at a time, from its profile, on demand. Whoever asks waits for `timeoutMs` at most; when
 * the broker has not answered several times running, it is not asked for a while, and the answer says so.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { TimeoutError } from '@nats-io/transport-node';
import { decodeProfile, usualAt, type Usual } from '../../engine/history/profile.ts';
import { monotonicMs, type Clock } from '../kube/clock.ts';
import { Breaker } from '../../wire/breaker.ts';
import { kvEntry } from '../../wire/kv.ts';
import type { HistoryMetrics, UsualResult } from './metrics.ts';
import { usualBucket, usualKey } from './store.ts';

/** What is usual, or why that cannot be told, in words. */
export type UsualAnswer = Usual | { readonly absent: string };

export interface UsualQuestion {
  readonly entity: string;
  /** Undefined: all containers together. */
  readonly container: string | undefined;
  readonly metric: string;
  readonly atMs: number;
}

export interface UsualOptions {
  readonly broker: { readonly connection: NatsConnection | undefined };
  readonly prefix: string;
  readonly clock: Clock;
  readonly metrics: Pick<HistoryMetrics, 'usual'>;
  /** Default 200. */
  readonly timeoutMs?: number;
}

const mostAtOnce = 64;
const limits = { failures: 5, firstMs: 30_000, longestMs: 30_000 };

const words: Readonly<Record<Exclude<UsualResult, 'Found'>, string>> = {
  NoHistory: 'no history yet',
  TimedOut: 'history was not there in time',
  Failed: 'history could not be read',
  Busy: 'history was not asked: too many ask at once',
  NotAsked: 'history was not asked: it has not answered just before',
};

export class UsualReader {
  readonly #options: UsualOptions;
  #underWay = 0;
  /** Before the bucket of profiles. */
  readonly breaker = new Breaker(limits);

  constructor(options: UsualOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async ask(question: UsualQuestion): Promise<UsualAnswer> {
    const answer = await this.#answer(question);
    this.#options.metrics.usual(typeof answer === 'string' ? answer : 'Found');
    return typeof answer === 'string' ? { absent: words[answer] } : answer;
  }

  async #answer(question: UsualQuestion): Promise<Usual | Exclude<UsualResult, 'Found'>> {
    const { broker, clock } = this.#options;
    if (this.#underWay >= mostAtOnce) return 'Busy';
    if (broker.connection === undefined || this.breaker.admit(monotonicMs(clock)) > 0) return 'NotAsked';
    this.#underWay++;
    try {
      const usual = await this.#read(broker.connection, question);
      this.breaker.succeeded();
      return usual ?? 'NoHistory';
    } catch (error) {
      this.breaker.failed(monotonicMs(clock));
      return isTimeout(error) ? 'TimedOut' : 'Failed';
    } finally {
      this.#underWay--;
    }
  }

  async #read(
    connection: NatsConnection,
    { entity, container, metric, atMs }: UsualQuestion,
  ): Promise<Usual | undefined> {
    const { prefix, timeoutMs = 200 } = this.#options;
    const { value } = await kvEntry(connection, usualBucket(prefix), usualKey(entity, metric), timeoutMs);
    return value && usualAt(decodeProfile(value), atMs, container);
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError);
