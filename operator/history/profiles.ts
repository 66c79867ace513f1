/**
 * Makes profiles of rollups: each hour that is over is read from the stream once more, and merged into the profile of each
 * metric of each entity. Only the leader does. A profile says itself up to which hour it goes, and is written only if nobody
 * else has meanwhile; so an hour that was begun and not finished, or is folded by two leaders, counts once.
 */
import { jetstreamManager, JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeProfile, emptyProfile, encodeProfile, withHour, type Profile } from '../../engine/history/profile.ts';
import { hourMs, minuteMs } from '../../engine/history/series.ts';
import { SketchError } from '../../engine/sketch/bytes.ts';
import { emptySketch, merged, type Sketch } from '../../engine/sketch/sketch.ts';
import { ensureStreamIs } from '../../wire/streams.ts';
import { bucketStream, kvEntry, kvPutAfter } from '../../wire/kv.ts';
import type { Clock } from '../kube/clock.ts';
import { errorFields, messageOf, type Logger } from '../kube/logger.ts';
import type { HistoryMetrics } from './metrics.ts';
import { readRollups } from './read.ts';
import { nextTurn } from './slices.ts';
import { progressKey, rollupsStream, usualBucket, usualKey, type HistoryStore } from './store.ts';

export interface ProfilesOptions {
  readonly broker: { readonly connection: NatsConnection | undefined };
  readonly store: HistoryStore;
  /** The time of the stream. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<HistoryMetrics, 'profile'>;
}

/** An hour is over for good so much later: its last minute has come, also from a leader that had to wait for the broker. */
const settleMs = 180_000;
const lookMs = 30_000;
/** A profile begins with an hour of which there are so many minutes, so that short Jobs leave none. */
const fewestMinutes = 30;
/** So many profiles are read and written at once. */
const writersAtOnce = 8;
const wrongLastSequence = 10_071;

/** What an hour has come to, of one metric of one entity. */
interface HourOf {
  minutes: number;
  lastMinute: number;
  readonly containers: Map<string, Sketch>;
}

export class Profiles {
  readonly #options: ProfilesOptions;
  #active = false;
  #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The last hour that this process has folded, should that not be noted in the bucket. */
  #folded = -1;
  #said = '';
  #cancel = (): void => {};

  constructor(options: ProfilesOptions) {
    this.#options = options;
  }

  /** Begins or ceases to write profiles. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    this.#ending.abort();
    this.#ending = new AbortController();
    if (active) this.#arm(0);
  }

  /** Resolves when nothing runs; to be called after `setActive(false)`. */
  async stop(): Promise<void> {
    this.setActive(false);
    await this.#running;
  }

  #arm(inMs: number): void {
    this.#cancel = this.#options.clock.after(inMs, () => {
      const { signal } = this.#ending;
      this.#running = this.#running.then(() => this.#look(signal));
    });
  }

  async #look(ending: AbortSignal): Promise<void> {
    const { broker, logger, nowMs } = this.#options;
    if (ending.aborted) return;
    try {
      if (broker.connection !== undefined) await this.foldUntil(broker.connection, nowMs(), ending);
      this.#said = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#said && !ending.aborted) logger.warn('what is usual is not brought up to date', { reason });
      this.#said = reason;
    }
    if (!ending.aborted) this.#arm(lookMs);
  }

  /** Folds every hour that is over at `nowMs` and was not folded. Rejects when the broker does not do what is needed. */
  async foldUntil(connection: NatsConnection, nowMs: number, ending: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const bucket = usualBucket(store.prefix);
    const stream = rollupsStream(store);
    await ensureStreamIs(connection, stream);
    await ensureStreamIs(connection, bucketStream(bucket));
    const last = Math.floor((nowMs - settleMs) / hourMs) - 1;
    const progress = await kvEntry(connection, bucket, progressKey);
    const noted = progress.value === undefined ? -1 : Number(new TextDecoder().decode(progress.value));
    const folded = Math.max(noted, this.#folded);
    if (folded >= last) return;
    const { streams } = await jetstreamManager(connection, { checkAPI: false });
    const { state } = await streams.info(stream.name);
    // What the first minute tells is stored after it.
    const first = state.messages === 0 ? last : Math.floor((Date.parse(state.first_ts) - minuteMs) / hourMs);
    let { revision } = progress;
    for (let hour = Math.max(folded + 1, first); hour <= last; hour++) {
      await this.#fold(connection, hour, ending);
      if (ending.aborted) return;
      this.#folded = hour;
      await kvPutAfter(connection, bucket, progressKey, new TextEncoder().encode(String(hour)), revision);
      ({ revision } = await kvEntry(connection, bucket, progressKey));
    }
  }

  async #fold(connection: NatsConnection, hour: number, ending: AbortSignal): Promise<void> {
    const work = (await this.#read(connection, hour, ending)).entries();
    const fold = async (): Promise<void> => {
      for (const [key, of] of work) {
        if (ending.aborted) return;
        this.#options.metrics.profile(await this.#write(connection, key, hour, of));
      }
    };
    await Promise.all(Array.from({ length: writersAtOnce }, fold));
  }

  /** The sketches of an hour, by key of the bucket. */
  async #read(connection: NatsConnection, hour: number, ending: AbortSignal): Promise<Map<string, HourOf>> {
    const { store, logger } = this.#options;
    const hours = new Map<string, HourOf>();
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const turn = nextTurn();
    const rollups = readRollups(manager, rollupsStream(store), {
      sinceMs: hour * hourMs,
      untilMs: (hour + 1) * hourMs + settleMs,
      ending,
      onUnreadable: (error) => logger.warn('a rollup cannot be read', errorFields(error)),
    });
    for await (const { minute, series } of rollups) {
      if (Math.floor((minute * minuteMs) / hourMs) !== hour) continue;
      for (const { entity, container, metric, sketch } of series) {
        const key = usualKey(entity, metric);
        let of = hours.get(key);
        if (of === undefined) hours.set(key, (of = { minutes: 0, lastMinute: -1, containers: new Map() }));
        if (of.lastMinute !== minute) of.minutes++;
        of.lastMinute = minute;
        of.containers.set(container, merged(of.containers.get(container) ?? emptySketch, sketch));
        await turn();
      }
    }
    return hours;
  }

  async #write(connection: NatsConnection, key: string, hour: number, of: HourOf) {
    const bucket = usualBucket(this.#options.store.prefix);
    for (;;) {
      const { value, revision } = await kvEntry(connection, bucket, key);
      const before = value === undefined ? emptyProfile : this.#decoded(key, value);
      if (before === emptyProfile && of.minutes < fewestMinutes) return 'TooYoung';
      const after = withHour(before, hour, of.containers);
      if (after === before) return 'Written';
      let bytes = encodeProfile(after);
      // So many containers have come and gone that it begins anew.
      if (bytes.length > bucket.maxValueBytes) bytes = encodeProfile(withHour(emptyProfile, hour, of.containers));
      try {
        await kvPutAfter(connection, bucket, key, bytes, revision);
        return 'Written';
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        // Another leader has written it: it is looked at again.
        if (refusal !== wrongLastSequence) return 'Refused';
      }
    }
  }

  /** One that cannot be read begins anew. */
  #decoded(key: string, value: Uint8Array): Profile {
    try {
      return decodeProfile(value);
    } catch (error) {
      if (!(error instanceof SketchError)) throw error;
      this.#options.logger.warn('a profile cannot be read and begins anew', { key, ...errorFields(error) });
      return emptyProfile;
    }
  }
}

/** The code with which JetStream refuses a message; undefined for all other errors. */
function refusalOf(error: unknown): number | undefined {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof JetStreamApiError ? cause.code : undefined;
}
