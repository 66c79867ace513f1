/**
 * How rows that begin come to know what is usual of their kind: rows that were chosen for it write what they have learnt
 * to a bucket, each under its own node, and new ones read the newest of their kind. Bounded: so many reads and writes a
 * round, one write a row and scoring in `everyMs`.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import type { Kin } from '../../engine/evaluate/kin.ts';
import type { RowScores } from '../../engine/evaluate/row-scores.ts';
import type { Clock } from '../../wire/clock.ts';
import { kvGet, kvSubject, type Bucket } from '../../wire/kv.ts';
import type { EdgeScores } from './edge-scores.ts';
import { decodeStates, encodeStates } from './states.ts';

export interface HeritageOptions {
  readonly scores: EdgeScores;
  readonly bucket: Bucket;
  /** The node's token, the last of the keys that this agent writes. */
  readonly token: string;
  readonly connection: () => NatsConnection | undefined;
  readonly publish: (subject: string, payload: Uint8Array, id: string) => Promise<unknown>;
  readonly clock: Clock;
  /** In [0, 1): spreads the writes, and makes ids. */
  readonly random: () => number;
  /** Time between two writes of one row. */
  readonly everyMs: number;
  readonly onProblem: (message: string) => void;
}

/** What has happened so far. */
export interface HeritageCounts {
  inherited: number;
  handedOn: number;
  failures: number;
}

const roundMs = 1_000;
const mostARound = 10;
/** A row that began longer ago has learnt by itself. */
const youngMs = 600_000;
const askAgainMs = 30_000;

export class Heritage {
  readonly counts: HeritageCounts = { inherited: 0, handedOn: 0, failures: 0 };
  readonly #options: HeritageOptions;
  #kin: Kin = { of: new Map(), donors: new Set() };
  /** By scoring and row: when it was asked for, or is to be written next. */
  readonly #askedMs = new Map<string, number>();
  readonly #dueMs = new Map<string, number>();
  #said = '';
  #stopped = false;
  #cancel = (): void => {};

  constructor(options: HeritageOptions) {
    this.#options = options;
  }

  /** Which rows are of one kind, from now on. */
  know(kin: Kin): void {
    this.#kin = kin;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(roundMs, () => void this.#round());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #round(): Promise<void> {
    const connection = this.#options.connection();
    if (connection !== undefined)
      try {
        await this.#inherit(connection);
        await this.#handOn();
        this.#said = '';
      } catch (error) {
        this.counts.failures++;
        const message = error instanceof Error ? error.message : String(error);
        if (message !== this.#said) this.#options.onProblem(message);
        this.#said = message;
      }
    if (!this.#stopped) this.start();
  }

  async #inherit(connection: NatsConnection): Promise<void> {
    const { scores, bucket, clock } = this.#options;
    const nowMs = clock.now();
    forget(this.#askedMs, nowMs - youngMs);
    let asked = 0;
    for (const { made, key } of scores.young(nowMs - youngMs)) {
      const { id } = made.scoring;
      const kin = this.#kin.of.get(key);
      const name = `${id} ${key}`;
      if (kin === undefined || nowMs - (this.#askedMs.get(name) ?? -Infinity) < askAgainMs) continue;
      if (asked++ === mostARound) return;
      this.#askedMs.set(name, nowMs);
      const found = await kvGet(connection, bucket, `${kin}.${id}.*`);
      const [state] = found === undefined ? [] : decodeStates(found);
      if (state?.id === id && scores.restore({ ...state, key })) this.counts.inherited++;
    }
  }

  async #handOn(): Promise<void> {
    const { scores, clock, everyMs } = this.#options;
    const nowMs = clock.now();
    forget(this.#dueMs, nowMs - 2 * everyMs);
    let written = 0;
    for (const made of scores.made)
      for (const key of this.#kin.donors) {
        const kin = this.#kin.of.get(key);
        const name = `${made.scoring.id} ${key}`;
        const dueMs = this.#dueMs.get(name) ?? nowMs + this.#options.random() * everyMs;
        this.#dueMs.set(name, dueMs);
        if (kin === undefined || nowMs < dueMs) continue;
        if (written++ === mostARound) return;
        this.#dueMs.set(name, nowMs + everyMs);
        await this.#write(made, key, kin);
      }
  }

  async #write(made: RowScores, key: string, kin: string): Promise<void> {
    const { id } = made.scoring;
    const { bucket, token, publish, clock, random } = this.#options;
    const numbers = made.heritage(key);
    if (numbers === undefined) return;
    const subject = kvSubject(bucket, `${kin}.${id}.${token}`);
    await publish(subject, encodeStates([{ id, key: '', numbers }]), `baseline:${clock.now()}:${random()}`);
    this.counts.handedOn++;
  }
}

function forget(times: Map<string, number>, beforeMs: number): void {
  for (const [name, atMs] of times) if (atMs < beforeMs) times.delete(name);
}
