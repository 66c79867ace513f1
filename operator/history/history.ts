/**
 * History put together: sketches of what is measured, each minute on a stream; what is usual, made of them each hour; and
 * the answer to what is usual of the signals of a verdict. Every process makes sketches, the leader stores them.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import type { Registry } from 'prom-client';
import { Recorder } from '../../engine/history/recorder.ts';
import { usualMetrics } from '../../engine/history/series.ts';
import type { Target } from '../../engine/evaluate/target.ts';
import type { Evidence } from '../../engine/evaluate/verdict.ts';
import type { Bus } from '../../wire/bus.ts';
import type { Judging } from '../ingest/guarded-evaluator.ts';
import { showBreakers } from '../../wire/breaker-metrics.ts';
import { monotonicMs, type Clock } from '../kube/clock.ts';
import type { Logger } from '../kube/logger.ts';
import { historyMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import { Profiles } from './profiles.ts';
import { questionOf } from './question.ts';
import type { HistoryStore } from './store.ts';
import { UsualReader, type UsualAnswer } from './usual.ts';

export interface HistoryOptions {
  readonly broker: {
    readonly bus: Pick<Bus, 'publish' | 'connected'>;
    readonly connection: NatsConnection | undefined;
  };
  readonly store: HistoryStore;
  /** Metrics that are kept beside those of policies; undefined: `usualMetrics`. */
  readonly metrics: readonly string[] | undefined;
  /** The metrics that policies in force read. */
  readonly readByPolicies: () => Iterable<string>;
  /** The time of the stream. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** In [0, 1); draws the series whose sketches are checked. */
  readonly random: () => number;
}

export class History {
  readonly recorder: Recorder;
  readonly #outbox: Outbox;
  readonly #profiles: Profiles;
  readonly #usual: UsualReader;

  constructor(options: HistoryOptions) {
    const { broker, store, clock, logger, nowMs, registry, random } = options;
    const metrics = historyMetrics(registry, () => this.recorder.seriesCount);
    this.#outbox = new Outbox({ broker, store, clock, logger, metrics });
    this.#profiles = new Profiles({ broker, store, nowMs, clock, logger, metrics });
    this.#usual = new UsualReader({ broker, prefix: store.prefix, clock, metrics });
    showBreakers(
      registry,
      'history',
      () => [this.#usual.breaker],
      () => monotonicMs(clock),
    );
    const kept = (): Set<string> => new Set([...(options.metrics ?? usualMetrics), ...options.readByPolicies()]);
    this.recorder = new Recorder({
      random,
      onCheck: (check) => metrics.check(check),
      onMinute: (minute, series) => {
        this.#outbox.take(minute, series);
        metrics.recorded(this.recorder.stats);
        this.recorder.keep(kept());
      },
    });
    this.recorder.keep(kept());
  }

  /** The evaluator and the sketches, told the same. */
  beside(evaluator: Judging): Judging {
    const { recorder } = this;
    return {
      bind(source, keyframe, identities) {
        evaluator.bind(source, keyframe, identities);
        recorder.bind(source, keyframe, identities);
      },
      unbind(source) {
        evaluator.unbind(source);
        recorder.unbind(source);
      },
      frame(source, frame) {
        evaluator.frame(source, frame);
        recorder.frame(source, frame);
      },
      advance(nowMs) {
        evaluator.advance(nowMs);
        recorder.advance(nowMs);
      },
    };
  }

  /** While it rests, no sketches are made: policies do not keep up. */
  rest(rests: boolean): void {
    this.recorder.rest(rests);
  }

  /** Begins or ceases to store. */
  setActive(active: boolean): void {
    this.#outbox.setActive(active);
    this.#profiles.setActive(active);
  }

  /** What is usual where a signal was seen; undefined when its value cannot be compared. Never rejects. */
  async ask(target: Target, evidence: Evidence, atMs: number): Promise<UsualAnswer | undefined> {
    const question = questionOf(target, evidence, atMs);
    return question && this.#usual.ask(question);
  }

  async stop(): Promise<void> {
    this.setActive(false);
    await this.#profiles.stop();
  }
}
