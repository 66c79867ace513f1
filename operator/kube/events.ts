/**
 * Kubernetes Events (events.k8s.io/v1) as values. Recording never throws and never waits: it puts the event into a
 * bounded queue, from which a few at a time are sent. An event that repeats within six minutes becomes a count on the
 * first one.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { abortable } from './abortable.ts';
import { ApiError, hasReason, type KubeApi, type KubeObject } from './api.ts';
import type { Clock } from './clock.ts';
import { errorFields, type Logger } from './logger.ts';
import { Event } from './resources.ts';
import { toMicroTime } from './time.ts';

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly fieldPath?: string | undefined;
}

export interface EventRecord {
  /** What it happened to; `kubectl describe` shows it there. */
  readonly regarding: ObjectReference;
  /** What else was involved. */
  readonly related?: ObjectReference | undefined;
  readonly type: 'Normal' | 'Warning';
  /** Why, in CamelCase, such as `ScaledOut`. */
  readonly reason: string;
  /** What was done or tried, in CamelCase, such as `Scale`. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who reports, such as `homeostat.dev/operator`. */
  readonly controller: string;
  /** Which process reports, such as the pod's name. */
  readonly instance: string;
  readonly registry?: Registry | undefined;
  /** How many events may wait; more are dropped and counted. Default 10,000: of a thousand targets that fail at once. */
  readonly capacity?: number | undefined;
  /** How many are sent at once, while nothing is busy. Default 4. */
  readonly senders?: number | undefined;
  /** Whether there is more important to ask of the API server: then one is sent after the other. Default: never. */
  readonly isBusy?: (() => boolean) | undefined;
}

/** The reference of an object, for events about it. */
export const referenceTo = ({ apiVersion = '', kind = '', metadata }: KubeObject): ObjectReference => ({
  apiVersion,
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

const seriesMs = 6 * 60_000;
/** The API refuses longer ones. */
const maxWordLength = 128;
const maxNoteBytes = 1024;
const retryMs = [1000, 5000, 20_000];
const maxSeries = 4096;

/** An event that was sent, and how often it has happened since. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastMs: number;
}

interface Waiting {
  readonly key: string;
  readonly record: EventRecord;
  /** When it happened first and last, and how often since it waits. */
  readonly atMs: number;
  lastMs: number;
  count: number;
  /** As it was sent; a further try sends the same, so that a lost answer makes no second event. */
  event?: KubeObject;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** What is being sent: the next of its kind waits for it, to become a count on it. */
  readonly #sending = new Set<string>();
  readonly #series = new Map<string, Series>();
  readonly #stopping = new AbortController();
  readonly #total: Counter<'result'> | undefined;
  #idle = Promise.withResolvers<void>();
  #names = 0;
  /** The last event was dropped, and that was said. */
  #dropping = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { registry } = options;
    if (registry === undefined) return;
    const name = 'homeostat_events_total';
    this.#total = new Counter({
      name,
      help: 'Kubernetes Events by what became of them.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['sent', 'dropped', 'failed']) this.#total.inc({ result }, 0);
    waitingGauge(registry, this.#waiting);
  }

  /** Takes an event. Never throws; when too many wait, it is dropped and counted. */
  record(record: EventRecord): void {
    const { clock, capacity = 10_000, logger } = this.#options;
    const key = seriesKey(record);
    const waiting = this.#waiting.get(key);
    const nowMs = clock.now();
    if (waiting !== undefined) {
      waiting.count++;
      waiting.lastMs = nowMs;
    } else if (this.#waiting.size >= capacity || this.#stopping.signal.aborted) {
      this.#total?.inc({ result: 'dropped' });
      if (!this.#dropping) logger.warn('events are dropped', { first: record.reason, waiting: this.#waiting.size });
      this.#dropping = true;
    } else {
      this.#dropping = false;
      this.#waiting.set(key, { key, record, atMs: nowMs, lastMs: nowMs, count: 1 });
      // Not at once, so that what is recorded together is counted together.
      queueMicrotask(() => this.#pump());
    }
  }

  /** Sends what waits, for at most `timeoutMs`, and takes nothing more. */
  async stop(timeoutMs = 5000): Promise<void> {
    const cancel = this.#options.clock.after(timeoutMs, () => this.#stopping.abort());
    if (this.#waiting.size + this.#sending.size > 0) await this.#idle.promise;
    cancel();
    this.#stopping.abort();
  }

  /** Lets as many senders work as there may be and something is there for. */
  #pump(): void {
    const { senders: most = 4, isBusy } = this.#options;
    const senders = isBusy?.() === true ? 1 : most;
    const { signal } = this.#stopping;
    for (const [key, waiting] of this.#waiting) {
      if (!signal.aborted && this.#sending.size >= senders) break;
      if (this.#sending.has(key)) continue;
      this.#waiting.delete(key);
      if (signal.aborted) this.#total?.inc({ result: 'dropped' });
      else void this.#sendNext(waiting);
    }
    if (this.#waiting.size + this.#sending.size > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }

  async #sendNext(waiting: Waiting): Promise<void> {
    this.#sending.add(waiting.key);
    await this.#send(waiting);
    this.#sending.delete(waiting.key);
    this.#pump();
  }

  /** Tries a few times; an event is not worth more. */
  async #send(waiting: Waiting): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#stopping;
    for (const delayMs of [...retryMs, undefined]) {
      try {
        await abortable(this.#write(waiting), signal);
        this.#total?.inc({ result: 'sent' });
        return;
      } catch (error) {
        if (delayMs !== undefined && !signal.aborted && isPassing(error)) {
          await this.#pause(Math.max(delayMs, (error.retryAfterSeconds ?? 0) * 1000));
          continue;
        }
        this.#total?.inc({ result: 'failed' });
        logger.warn('event not written', { event: waiting.record.reason, ...errorFields(error) });
        return;
      }
    }
  }

  async #write(waiting: Waiting): Promise<void> {
    const { api, clock } = this.#options;
    const known = this.#series.get(waiting.key);
    if (known !== undefined && clock.now() - known.lastMs < seriesMs) {
      const { name, namespace } = known;
      const series = { count: known.count + waiting.count, lastObservedTime: toMicroTime(waiting.lastMs) };
      try {
        await api.patch(Event, { name, namespace }, { type: 'merge', body: { series } });
        this.#remember(waiting.key, { ...known, count: series.count, lastMs: clock.now() });
        return;
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error; // It has expired on the server: begin anew.
      }
    }
    const event = (waiting.event ??= this.#toEvent(waiting));
    await api.create(Event, event).catch((error: unknown) => {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    });
    const { name, namespace = '' } = event.metadata;
    this.#remember(waiting.key, { name, namespace, count: waiting.count, lastMs: clock.now() });
  }

  #toEvent({ record, atMs, lastMs, count }: Waiting): KubeObject {
    const { controller, instance } = this.#options;
    const { regarding, related, type, reason, action, note } = record;
    // Unique over processes by the time and the counter; cluster-scoped objects have their events in "default".
    const suffix = `${Math.floor(atMs).toString(16)}${(this.#names++).toString(16).padStart(4, '0')}`;
    const name = `${regarding.name.slice(0, 200)}.${suffix}`;
    const event: KubeObject & Record<string, unknown> = {
      metadata: { name, namespace: regarding.namespace ?? 'default' },
      eventTime: toMicroTime(atMs),
      reportingController: controller.slice(0, maxWordLength),
      reportingInstance: instance.slice(0, maxWordLength),
      type,
      reason: reason.slice(0, maxWordLength),
      action: action.slice(0, maxWordLength),
      note: cutToBytes(note, maxNoteBytes),
      regarding,
      ...(related === undefined ? {} : { related }),
      ...(count > 1 ? { series: { count, lastObservedTime: toMicroTime(lastMs) } } : {}),
    };
    return event;
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    const nowMs = this.#options.clock.now();
    for (const [oldKey, { lastMs }] of this.#series) {
      if (nowMs - lastMs < seriesMs && this.#series.size <= maxSeries) break; // The oldest come first.
      this.#series.delete(oldKey);
    }
  }

  async #pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, over.resolve);
    await abortable(over.promise, this.#stopping.signal).catch(() => {}); // Stopped: one last try follows.
    cancel();
  }
}

const waitingGauge = (registry: Registry, waiting: { readonly size: number }): Gauge =>
  new Gauge({
    name: 'homeostat_events_waiting',
    help: 'Kubernetes Events that wait to be sent.',
    registers: [registry],
    collect() {
      this.set(waiting.size);
    },
  });

/** What makes two events the same; the note is not part of it, because the API does not let it change. */
function seriesKey({ regarding, related, type, reason, action }: EventRecord): string {
  const identity = (reference: ObjectReference | undefined): unknown =>
    reference && [
      reference.apiVersion,
      reference.kind,
      reference.namespace,
      reference.name,
      reference.uid,
      reference.fieldPath,
    ];
  return JSON.stringify([type, reason, action, identity(regarding), identity(related)]);
}

const isPassing = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

/** At most `bytes` bytes of UTF-8, cut between characters and marked. */
function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const mark = '…';
  const room = bytes - Buffer.byteLength(mark);
  return `${new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true })}${mark}`;
}
