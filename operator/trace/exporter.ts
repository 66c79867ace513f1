/**
 * Sends spans to whoever takes OTLP over HTTP. Nobody waits for it: what finds no room is dropped and counted, and a
 * receiver in trouble is left in peace for longer and longer.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { Breaker } from '../../wire/breaker.ts';
import { showBreakers } from '../../wire/breaker-metrics.ts';
import { monotonicMs, type Clock } from '../kube/clock.ts';
import type { Logger } from '../kube/logger.ts';
import { retryAfterMs } from '../notify/post.ts';
import { otlpBody } from './otlp.ts';
import type { Attributes, Span } from './span.ts';

/** Where spans go. */
export interface OtlpTarget {
  /** The whole URL, with `/v1/traces` where that belongs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ExporterOptions {
  readonly target: OtlpTarget;
  /** Who sends; `service.name` among it. */
  readonly resource: Attributes;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** For tests. */
  readonly fetched?: typeof fetch;
}

const mostWaiting = 4096;
const mostAtOnce = 256;
const answerMs = 10_000;
const limits = { failures: 1, firstMs: 1000, longestMs: 300_000 };
/** What may be sent again; everything else must not be: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const temporary = new Set([429, 502, 503, 504]);

const results = ['Sent', 'Refused', 'Dropped'] as const;

export class TraceExporter {
  readonly #options: ExporterOptions;
  readonly #count: (result: (typeof results)[number], spans: number) => void;
  readonly #waiting: Span[] = [];
  readonly #stopping = new AbortController();
  #sending: Promise<void> | undefined;
  #cancelPause: (() => void) | undefined;
  readonly #breaker = new Breaker(limits);
  #isFailing = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
    const registers = [options.registry];
    const counter = new Counter({
      name: 'homeostat_trace_spans_total',
      help: 'Spans: sent, refused by the receiver, or dropped because too many waited.',
      labelNames: ['result'],
      registers,
    });
    for (const result of results) counter.inc({ result }, 0);
    this.#count = (result, spans) => counter.inc({ result }, spans);
    showBreakers(
      options.registry,
      'traces',
      () => [this.#breaker],
      () => monotonicMs(options.clock),
    );
    const waiting = this.#waiting;
    void new Gauge({
      name: 'homeostat_trace_spans_waiting',
      help: 'Spans that are not sent yet.',
      registers,
      collect() {
        this.set(waiting.length);
      },
    });
  }

  /** Takes spans of one trace, all or none of them; never waits, never throws. False: there was no room. */
  offer(spans: readonly Span[]): boolean {
    if (this.#stopping.signal.aborted) return false;
    const hasRoom = this.#waiting.length + spans.length <= mostWaiting;
    if (hasRoom) this.#waiting.push(...spans);
    else this.#count('Dropped', spans.length);
    this.#go();
    return hasRoom;
  }

  /** Takes no more, ends what is under way, and resolves when it has ended; what waits is lost. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelPause?.();
    await this.#sending;
  }

  #go(): void {
    if (this.#sending !== undefined || this.#cancelPause !== undefined || this.#waiting.length === 0) return;
    if (this.#stopping.signal.aborted) return;
    const waitMs = this.#breaker.admit(monotonicMs(this.#options.clock));
    if (waitMs > 0) {
      this.#pause(waitMs);
      return;
    }
    this.#sending = this.#send(this.#waiting.slice(0, mostAtOnce)).then(() => {
      this.#sending = undefined;
      this.#go();
    });
  }

  #pause(ms: number): void {
    this.#cancelPause = this.#options.clock.after(ms, () => {
      this.#cancelPause = undefined;
      this.#go();
    });
  }

  /** Posts the head of the queue. Never rejects. */
  async #send(spans: readonly Span[]): Promise<void> {
    const { target, resource, version, clock, fetched = fetch } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(answerMs)]);
    try {
      const response = await fetched(target.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...target.headers },
        body: otlpBody(spans, resource, version),
        redirect: 'manual',
        signal,
      });
      const text = await response.text();
      if (response.ok) return this.#took(spans.length, rejected(text));
      const afterMs = retryAfterMs(response.headers.get('retry-after'), clock.now());
      if (temporary.has(response.status)) return this.#failed(`it answered ${response.status}`, afterMs);
      this.#waiting.splice(0, spans.length);
      this.#count('Refused', spans.length);
      return this.#failed(`it refused with ${response.status}`);
    } catch (error) {
      return this.#failed(reasonOf(error));
    }
  }

  #took(sent: number, refused: number): void {
    this.#waiting.splice(0, sent);
    this.#count('Sent', Math.max(0, sent - refused));
    this.#count('Refused', Math.min(sent, refused));
    if (this.#isFailing) this.#options.logger.info('traces are sent again');
    this.#isFailing = false;
    this.#breaker.succeeded();
  }

  #failed(reason: string, afterMs = 0): void {
    const { logger, target, clock } = this.#options;
    // The rest of the URL may be a secret.
    if (!this.#isFailing) logger.warn('traces are not sent', { host: URL.parse(target.url)?.host, reason });
    this.#isFailing = true;
    this.#breaker.failed(monotonicMs(clock), afterMs);
  }
}

/** How many spans a receiver that says yes has refused all the same. */
function rejected(answer: string): number {
  try {
    const { partialSuccess } = JSON.parse(answer) as { partialSuccess?: { rejectedSpans?: string | number } };
    return Number(partialSuccess?.rejectedSpans ?? 0) || 0;
  } catch {
    return 0;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
