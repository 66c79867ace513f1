/**
 * Sheds policies while the reading does not keep up (shedding.ts), the least important ones first (rank.ts). It is decided
 * by the clock and comes into force between two messages, so that a replay can do the same between the same two. Each
 * process decides for itself: it is its own reading that does not keep up.
 */
import type { Registry } from 'prom-client';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { monotonicMs, type Clock } from '../../kube/clock.ts';
import type { Logger } from '../../kube/logger.ts';
import { sheddingMetrics, type SheddingMetrics } from './metrics.ts';
import { inOrder, rankOf } from './rank.ts';
import { lookEveryMs, noShedding, shedding, type Limits } from './shedding.ts';

/** A policy in force. */
export interface Sheddable {
  readonly id: string;
  readonly policy: DetectionPolicy;
}

/** Since when a policy is not judged, on the clock of the stream, and how far behind the reading was then. */
export interface Shed {
  readonly sinceMs: number;
  readonly lagMs: number;
}

export interface ShedderOptions {
  readonly policies: () => Iterable<Sheddable>;
  /** How far behind the reading is by its own fault; undefined while it reads the past, or nothing. */
  readonly lagMs: () => number | undefined;
  /** Keeps samples from these policies and from no others, from this event time on. */
  readonly suspendOnly: (policyIds: ReadonlySet<string>, atMs: number) => void;
  /** Gives up what has not been read yet, but for the newest. */
  readonly skip: () => void;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Told of the policies that are shed or judged again since the last time. */
  readonly onChange?: (policies: readonly Sheddable[], atMs: number) => void;
}

export class Shedder {
  readonly #options: ShedderOptions;
  readonly #metrics: SheddingMetrics;
  /** Those that are shed, in force. */
  readonly #shed = new Map<string, Shed & Sheddable>();
  #state = noShedding;
  #lagMs = 0;
  /** Those that are to be shed, by what was decided last, and whether that is in force. */
  #wanted: ReadonlyMap<string, Sheddable> = new Map();
  #isInForce = true;
  #atMs = 0;
  #cancel = (): void => {};

  constructor(options: ShedderOptions) {
    this.#options = options;
    this.#metrics = sheddingMetrics(options.registry, () => this.#shed.size);
  }

  start(): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(lookEveryMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** Since when a policy is shed; undefined while it is judged. */
  shed(policyId: string): Shed | undefined {
    return this.#shed.get(policyId);
  }

  /** Those that are shed now, in force. */
  list(): readonly Sheddable[] {
    return [...this.#shed.values()];
  }

  /** The event time that the reading has come to; 0 before the first message. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Event time has come to `atMs`, and the next message is not judged yet: what was decided comes into force. */
  readonly between = (atMs: number): void => {
    this.#atMs = atMs;
    if (this.#isInForce) return;
    this.#isInForce = true;
    const { suspendOnly, onChange, logger } = this.#options;
    const shed = [...this.#wanted.values()].filter(({ id }) => !this.#shed.has(id));
    const judged = [...this.#shed.values()].filter(({ id }) => !this.#wanted.has(id));
    suspendOnly(new Set(this.#wanted.keys()), atMs);
    for (const { id } of judged) this.#shed.delete(id);
    for (const { id, policy } of shed) this.#shed.set(id, { id, policy, sinceMs: atMs, lagMs: this.#lagMs });
    this.#metrics.changed(shed.length, judged.length);
    logger.warn('policies are shed or judged again', {
      shed: shed.map(nameOf),
      judged: judged.map(nameOf),
      shedNow: this.#shed.size,
      lagMs: Math.round(this.#lagMs),
    });
    onChange?.([...shed, ...judged], atMs);
  };

  #look(): void {
    const { policies, lagMs, skip, limits, clock, logger } = this.#options;
    const nowMs = monotonicMs(clock);
    const elapsedMs = Math.max(0, nowMs - Math.max(this.#state.lookedMs, 0));
    this.#metrics.shedFor((this.#shed.size * elapsedMs) / 1000);
    const lag = lagMs();
    this.#lagMs = lag ?? this.#lagMs;
    const ordered = inOrder(policies());
    const ids = new Set(ordered.map(({ id }) => id));
    // Of those that were shed some may be gone: the others are not more for it.
    const gone = [...this.#wanted.keys()].filter((id) => !ids.has(id)).length;
    const state = { ...this.#state, shed: this.#state.shed - gone };
    const ranks = ordered.map(({ policy }) => rankOf(policy.spec));
    const { next, skips } = shedding(state, { nowMs, lagMs: lag, ranks }, limits);
    this.#state = next;
    this.#wanted = new Map(ordered.slice(0, next.shed).map((each) => [each.id, each]));
    this.#isInForce =
      this.#wanted.size === this.#shed.size && [...this.#wanted.keys()].every((id) => this.#shed.has(id));
    if (!skips) return;
    logger.warn('what has not been read is skipped: nothing is left to shed', { lagMs: Math.round(this.#lagMs) });
    skip();
  }
}

const nameOf = ({ policy: { metadata } }: Sheddable): string => `${metadata.namespace}/${metadata.name}`;
