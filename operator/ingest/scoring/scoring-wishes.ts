/**
 * Tells agents what they are to score: the signals of the policies in force whose detector can judge at the edge. It
 * stands in a bucket, so that an agent that starts knows it at once. Only the leader tells.
 */
import { encodeWanted } from '../../../engine/evaluate/wanted.ts';
import type { Scoring } from '../../../engine/evaluate/scoring.ts';
import { ensureStreamIs } from '../../../wire/streams.ts';
import { baselinesBucket, bucketStream, kvSubject, scoringBucket } from '../../../wire/kv.ts';
import type { Clock } from '../../kube/clock.ts';
import { messageOf, type Logger } from '../../kube/logger.ts';
import type { Broker } from '../broker.ts';

export interface ScoringWishesOptions {
  readonly broker: Pick<Broker, 'connection' | 'bus'>;
  readonly prefix?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); for message ids. */
  readonly random: () => number;
  /** The scorings that the policies in force want. */
  readonly wanted: () => Iterable<Scoring>;
}

const lookMs = 1_000;
const retryMs = 5_000;
/** What stands in the bucket is put again, should somebody have deleted it. */
const repeatMs = 300_000;

export class ScoringWishes {
  readonly #options: ScoringWishesOptions;
  #active = false;
  #told: { readonly text: string; readonly connection: number; readonly atMs: number } | undefined;
  #said = '';
  #cancel = (): void => {};

  constructor(options: ScoringWishesOptions) {
    this.#options = options;
  }

  /** Begins or ceases to tell. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    this.#told = undefined;
    if (active) this.#arm(0);
  }

  #arm(inMs: number): void {
    this.#cancel = this.#options.clock.after(inMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { broker, clock, logger, wanted } = this.#options;
    const text = encodeWanted(wanted());
    const { connection } = broker.bus;
    const told = this.#told;
    let nextMs = lookMs;
    if (told?.text !== text || told.connection !== connection || clock.now() - told.atMs >= repeatMs)
      try {
        await this.#tell(text);
        this.#told = { text, connection, atMs: clock.now() };
        this.#said = '';
      } catch (error) {
        nextMs = retryMs;
        const reason = messageOf(error);
        if (reason !== this.#said) logger.warn('agents are not told what to score; it is scored here', { reason });
        this.#said = reason;
      }
    if (this.#active) this.#arm(nextMs);
  }

  async #tell(text: string): Promise<void> {
    const { broker, prefix, clock, random } = this.#options;
    if (broker.connection === undefined) throw new Error('there is no connection to NATS');
    const bucket = scoringBucket(prefix);
    for (const each of [bucket, baselinesBucket(prefix)]) await ensureStreamIs(broker.connection, bucketStream(each));
    const id = `wanted:${clock.now()}:${random()}`;
    await broker.bus.publish(kvSubject(bucket, 'wanted'), new TextEncoder().encode(text), id);
  }
}
