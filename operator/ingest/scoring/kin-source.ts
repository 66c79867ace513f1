/**
 * Tells each agent which of its rows are of one kind (pods of a workload, containers of one name in them), so that new ones
 * begin with what others have learnt, and which rows are to hand that on: one of each kind, the first that was seen. It
 * stands in the bucket `<prefix>-scoring`, a key a node. Only the leader tells, and only while anything is scored.
 */
import { createHash } from 'node:crypto';
import { encodeKin } from '../../../engine/evaluate/kin.ts';
import { rowKey } from '../../../engine/evaluate/row-scores.ts';
import { isScoreColumn } from '../../../engine/evaluate/scoring.ts';
import type { RowIdentity, Target } from '../../../engine/evaluate/target.ts';
import { nodeToken } from '../../../engine/frame/subject.ts';
import type { Keyframe } from '../../../engine/frame/types.ts';
import { kvSubject, scoringBucket } from '../../../wire/kv.ts';
import type { NatsBus } from '../../../wire/nats-bus.ts';
import type { Clock } from '../../kube/clock.ts';
import { messageOf, type Logger } from '../../kube/logger.ts';

export interface KinSourceOptions {
  readonly bus: Pick<NatsBus, 'publish' | 'connection'>;
  readonly prefix?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); for message ids. */
  readonly random: () => number;
}

interface Bound {
  readonly keyframe: Keyframe;
  readonly identities: readonly (RowIdentity | undefined)[];
}

/** What changes together is told together. */
const coalesceMs = 1_000;
const retryMs = 5_000;
/** All nodes are looked at again: a kind whose donor is gone gets another. */
const repeatMs = 300_000;

export class KinSource {
  readonly #options: KinSourceOptions;
  readonly #bound = new Map<string, Bound>();
  readonly #waiting = new Set<string>();
  /** By node: what was told last, in few bytes. */
  readonly #told = new Map<string, string>();
  /** By kind: the row that hands on, and its node. */
  readonly #donors = new Map<string, { readonly node: string; readonly row: string }>();
  #connection = 0;
  #repeatedMs = -Infinity;
  #active = false;
  #said = '';
  #cancel = (): void => {};

  constructor(options: KinSourceOptions) {
    this.#options = options;
  }

  /** A source is read anew (`Bindings`). */
  readonly bound = (key: string, keyframe: Keyframe | undefined, identities: Bound['identities']): void => {
    if (!key.startsWith('agent/')) return;
    const node = key.slice('agent/'.length);
    // Only agents that score have columns of scores.
    const scores = keyframe?.columns.some(({ metric }) => isScoreColumn(metric)) === true;
    if (keyframe === undefined || !scores) {
      this.#bound.delete(node);
      this.#told.delete(node);
      this.#release(node, new Map());
    } else {
      this.#bound.set(node, { keyframe, identities });
      this.#waiting.add(node);
    }
  };

  /** Begins or ceases to tell. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    this.#told.clear();
    this.#repeatedMs = -Infinity;
    if (active) this.#arm(0);
  }

  #arm(inMs: number): void {
    this.#cancel = this.#options.clock.after(inMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { bus, clock, logger } = this.#options;
    let nextMs = coalesceMs;
    if (bus.connection !== this.#connection) this.#told.clear();
    if (bus.connection !== this.#connection || clock.now() - this.#repeatedMs >= repeatMs) {
      for (const node of this.#bound.keys()) this.#waiting.add(node);
      this.#connection = bus.connection;
      this.#repeatedMs = clock.now();
    }
    try {
      for (const node of this.#waiting) {
        if (!this.#active) break;
        await this.#tellOf(node);
        this.#waiting.delete(node);
      }
      this.#said = '';
    } catch (error) {
      nextMs = retryMs;
      const reason = messageOf(error);
      if (reason !== this.#said)
        logger.warn('agents are not told which containers are alike; new ones learn anew', { reason });
      this.#said = reason;
    }
    if (this.#active) this.#arm(nextMs);
  }

  async #tellOf(node: string): Promise<void> {
    const { bus, prefix, clock, random } = this.#options;
    const bound = this.#bound.get(node);
    if (bound === undefined) return;
    const text = encodeKin(this.#kinOf(node, bound));
    const told = createHash('sha256').update(text).digest('base64');
    if (this.#told.get(node) === told) return;
    const subject = kvSubject(scoringBucket(prefix), `kin.${nodeToken(node)}`);
    await bus.publish(subject, new TextEncoder().encode(text), `kin:${clock.now()}:${random()}`);
    this.#told.set(node, told);
  }

  #kinOf(node: string, { keyframe, identities }: Bound) {
    const of = new Map<string, string>();
    for (const [i, row] of keyframe.rows.entries()) {
      const kin = row.scope === 'Container' || row.scope === 'Pod' ? kinOf(identities[i]?.[row.scope]) : undefined;
      if (kin !== undefined) of.set(rowKey(row), kin);
    }
    this.#release(node, of);
    const donors = new Set<string>();
    for (const [row, kin] of of) {
      const donor = this.#donors.get(kin) ?? { node, row };
      this.#donors.set(kin, donor);
      if (donor.node === node && donor.row === row) donors.add(row);
    }
    return { of, donors };
  }

  /** Those of a node that are gone, or of another kind now, hand on no more. */
  #release(node: string, of: ReadonlyMap<string, string>): void {
    for (const [kin, donor] of this.#donors)
      if (donor.node === node && of.get(donor.row) !== kin) this.#donors.delete(kin);
  }
}

/** What rows have in common that do the same work; undefined for those that belong to no workload. */
const kinOf = (target: Target | undefined): string | undefined =>
  target?.workload && `${target.workload.uid}.${target.container ?? '_'}`;
