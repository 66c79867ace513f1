/**
 * Publishes the sketches of each minute. Every process keeps those of the last minutes; the leader publishes them, a new
 * one also what the one before may have published: what is stored already is not stored again.
 */
import { encodeRollup } from '../../engine/history/rollup.ts';
import { partitionOf, partitions } from '../../engine/history/series.ts';
import type { MinuteOfSeries } from '../../engine/history/recorder.ts';
import type { Sketch } from '../../engine/sketch/sketch.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { BusError, type Bus } from '../../wire/bus.ts';
import { ensureStreamIs } from '../../wire/streams.ts';
import type { Clock } from '../kube/clock.ts';
import { errorFields, messageOf, type Logger } from '../kube/logger.ts';
import type { HistoryMetrics } from './metrics.ts';
import { nextTurn } from './slices.ts';
import { rollupId, rollupsStream, rollupSubject, type HistoryStore } from './store.ts';

export interface OutboxOptions {
  readonly broker: {
    readonly bus: Pick<Bus, 'publish' | 'connected'>;
    readonly connection: NatsConnection | undefined;
  };
  readonly store: HistoryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<HistoryMetrics, 'minute'>;
}

interface Message {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly id: string;
}

interface Waiting {
  readonly minute: number;
  readonly messages: readonly Message[];
  readonly bytes: number;
}

/** Of one message, about. */
const partBytes = 128 * 1024;
/** Who does not lead keeps so many minutes; who leads and cannot publish so many bytes. */
const keptMinutes = 5;
const mostBytes = 64 * 1024 * 1024;
const retryMs = 5_000;

export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Waiting[] = [];
  #encoding: Promise<void> = Promise.resolve();
  #active = false;
  #publishing = false;
  #said = '';
  #cancel = (): void => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes the series of a minute, and encodes them a few at a time. Minutes are taken one after the other. */
  take(minute: number, series: Iterable<MinuteOfSeries>): void {
    this.#encoding = this.#encoding
      .then(async () => this.#wait(await encoded(minute, series, this.#options.store.prefix)))
      .catch((error: unknown) => this.#options.logger.error('sketches cannot be encoded', errorFields(error)));
  }

  /** Begins or ceases to publish. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    if (active) void this.#publish();
  }

  /** Resolves when all that was taken is encoded. */
  idle(): Promise<void> {
    return this.#encoding;
  }

  #wait(minute: Waiting): void {
    this.#waiting.push(minute);
    if (this.#active) {
      let bytes = this.#waiting.reduce((sum, each) => sum + each.bytes, 0);
      while (bytes > mostBytes && this.#waiting.length > 1) {
        bytes -= this.#waiting.shift()?.bytes ?? 0;
        this.#options.metrics.minute('Dropped');
      }
      void this.#publish();
    } else this.#waiting.splice(0, this.#waiting.length - keptMinutes);
  }

  async #publish(): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    const { metrics, logger, clock } = this.#options;
    try {
      while (this.#active) {
        const next = this.#waiting[0];
        if (next === undefined) break;
        await this.#options.broker.bus.connected();
        for (const message of next.messages) await this.#store(message);
        this.#waiting = this.#waiting.filter((each) => each !== next);
        metrics.minute('Published');
        this.#said = '';
      }
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#said) logger.warn('sketches are not stored: history has a gap if this lasts', { reason });
      this.#said = reason;
      this.#cancel = clock.after(retryMs, () => void this.#publish());
    }
    this.#publishing = false;
  }

  async #store({ subject, bytes, id }: Message): Promise<void> {
    const { broker, store } = this.#options;
    try {
      await broker.bus.publish(subject, bytes, id);
    } catch (error) {
      if (!(error instanceof BusError) || error.reason !== 'NoStream' || broker.connection === undefined) throw error;
      await ensureStreamIs(broker.connection, rollupsStream(store));
      await broker.bus.publish(subject, bytes, id);
    }
  }
}

async function encoded(minute: number, series: Iterable<MinuteOfSeries>, prefix: string): Promise<Waiting> {
  const gathered = Array.from({ length: partitions }, () => ({ series: [] as MinuteOfSeries[], bytes: 0, parts: 0 }));
  const messages: Message[] = [];
  const turn = nextTurn();
  const finish = (partition: number): void => {
    const of = gathered[partition];
    if (of === undefined || of.series.length === 0) return;
    const bytes = encodeRollup({ minute, part: of.parts, series: of.series });
    messages.push({ subject: rollupSubject(prefix, partition), bytes, id: rollupId(minute, partition, of.parts) });
    gathered[partition] = { series: [], bytes: 0, parts: of.parts + 1 };
  };
  for (const one of series) {
    const partition = partitionOf(one.entity);
    const of = gathered[partition];
    if (of === undefined) continue;
    of.series.push(one);
    of.bytes += about(one.sketch);
    if (of.bytes >= partBytes) finish(partition);
    await turn();
  }
  for (let partition = 0; partition < partitions; partition++) {
    finish(partition);
    await turn();
  }
  return { minute, messages, bytes: messages.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** Bytes of a series, with its names. */
const about = ({ buckets }: Sketch): number => 40 + 3 * buckets.length;
