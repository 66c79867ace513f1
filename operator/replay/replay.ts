/** Plays a recording as the operator would have read it: the same messages, in the same order, through the same code. */
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import { parseSubject } from '../../engine/frame/subject.ts';
import type { Frame } from '../../engine/frame/types.ts';
import type { VerdictChange } from '../../engine/evaluate/verdict.ts';
import { Policies } from '../controllers/detection-policy/policies.ts';
import { Feed } from '../ingest/feed.ts';
import type { Judging } from '../ingest/guarded-evaluator.ts';
import { Join } from '../ingest/join.ts';
import { frameResults, type FrameResult, type timeFaults } from '../ingest/quality.ts';
import { lineageKind } from '../ingest/lineage/kinds.ts';
import type { LineageObject } from '../ingest/lineage/message.ts';
import type { ShedMessage, Skipped } from '../ingest/pressure/shed-message.ts';
import { Sources } from '../ingest/sources.ts';
import type { KubeObject } from '../kube/api.ts';
import { silentLogger } from '../kube/logger.ts';
import { inTime, type LineageEntry } from './in-time.ts';
import type { Entry } from './recording/format.ts';

export interface ReplayOptions {
  readonly rootNamespace: string;
  readonly onVerdict: (change: VerdictChange) => void;
  /** Stands between the stream and the evaluator, to change or to see what it is told. */
  readonly through?: (evaluator: Judging) => Judging;
  /** What is not judged, as it was not when it was the present (`recordedSheds`). Default: everything is. */
  readonly sheds?: readonly ShedMessage[];
}

/** What became of what was recorded. */
export interface ReplayStats {
  readonly frames: Readonly<Record<FrameResult, number>>;
  /** Frames that never came. */
  readonly missed: number;
  readonly timeFaults: number;
  /** Rows of which no object is known, at the end. */
  readonly unboundRows: number;
  /** Event time at the end, in milliseconds since the epoch; undefined when nothing was recorded. */
  readonly endMs: number | undefined;
}

export class Replay {
  readonly evaluator: Evaluator;
  readonly policies: Policies;
  readonly #join = new Join();
  readonly #feed: Feed;
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #nodes = new Set<string>();
  /** Pods by the node of which they were told last. */
  readonly #podsOf = new Map<string, ReadonlyMap<string | undefined, LineageObject>>();
  readonly #frames = Object.fromEntries(frameResults.map((result) => [result, 0])) as Record<FrameResult, number>;
  #missed = 0;
  #timeFaults = 0;
  #endMs: number | undefined;
  /** Those that have not come into force. */
  readonly #sheds: ShedMessage[];
  readonly #skipped: readonly Skipped[];

  constructor({ rootNamespace, onVerdict, through = (evaluator) => evaluator, sheds = [] }: ReplayOptions) {
    this.#sheds = [...sheds];
    this.evaluator = new Evaluator({ onVerdict });
    this.policies = new Policies({
      evaluator: this.evaluator,
      rootNamespace,
      namespaceLabels: (name) => this.#namespaces.get(name),
    });
    const counting = {
      result: (result: FrameResult, frames = 1) => void (this.#frames[result] += frames),
      missed: (frames: number) => void (this.#missed += frames),
      timeFault: (_fault: (typeof timeFaults)[number]) => void this.#timeFaults++,
    };
    this.#feed = new Feed({
      sources: new Sources(counting, silentLogger),
      join: this.#join,
      evaluator: through(this.evaluator),
      hasNode: (name) => this.#nodes.has(name),
      between: (atMs) => this.#shed(atMs),
    });
    this.#skipped = sheds.flatMap(({ skipped }) => skipped ?? []);
  }

  /** Event time, as far as the last message goes. */
  get nowMs(): number | undefined {
    return this.#endMs;
  }

  /** Entries in their order; `onFrame` is told of each frame after it was judged. */
  play(entries: Iterable<Entry>, onFrame: (frame: Frame) => void = () => {}): void {
    for (const entry of inTime(entries)) {
      if (entry.type === 'lineage') this.#learnOf(entry);
      else if (entry.type !== 'message') this.#learn(entry.kind, entry.object as KubeObject, entry.type === 'object');
      else if (!this.#isSkipped(entry)) {
        this.#endMs = Math.max(this.#endMs ?? -Infinity, entry.storedMs);
        this.#feed.take(entry, onFrame);
      }
    }
  }

  get stats(): ReplayStats {
    return {
      frames: { ...this.#frames },
      missed: this.#missed,
      timeFaults: this.#timeFaults,
      unboundRows: this.#feed.bindings.unboundRows,
      endMs: this.#endMs,
    };
  }

  /** What was shed between the same two messages is shed here. */
  #shed(atMs: number): void {
    for (let next = this.#sheds[0]; next !== undefined && next.atMs <= atMs; next = this.#sheds[0]) {
      this.#sheds.shift();
      const shed = new Set(next.policies);
      const ids = Array.from(this.policies.list(), ({ policy: { metadata }, compiled }) =>
        shed.has(`${metadata.namespace}/${metadata.name}`) ? [compiled.id] : [],
      );
      this.evaluator.suspendOnly(new Set(ids.flat()), atMs);
    }
  }

  /** Keyframes are read also of what was skipped. */
  #isSkipped({ subject, storedMs }: Entry & { readonly type: 'message' }): boolean {
    const isWithin = ({ afterMs, beforeMs }: Skipped): boolean => storedMs > afterMs && storedMs < beforeMs;
    return this.#skipped.some(isWithin) && parseSubject(subject)?.kind === 'frame';
  }

  #learnOf({ node, objects, gone }: LineageEntry): void {
    const before = this.#podsOf.get(node);
    const pods = new Map(objects.flatMap((one) => (one.kind === 'Pod' ? [[one.object.metadata.uid, one]] : [])));
    const isGone = (uid: string | undefined): boolean =>
      gone === undefined ? !pods.has(uid) : uid !== undefined && gone.includes(uid);
    for (const [uid, one] of before ?? [])
      if (isGone(uid)) this.#learn(one.kind, one.object, false);
      else if (!pods.has(uid)) pods.set(uid, one);
    this.#podsOf.set(node, pods);
    for (const { kind, object } of objects) this.#learn(kind, object, true);
  }

  #learn(kind: string, object: KubeObject, isThere: boolean): void {
    const { name, labels = {} } = object.metadata;
    if (kind === 'Node') this.#nodes[isThere ? 'add' : 'delete'](name);
    if (kind === 'Namespace') {
      if (isThere) this.#namespaces.set(name, labels);
      else this.#namespaces.delete(name);
      this.policies.rematch();
    } else lineageKind(kind)?.[isThere ? 'set' : 'remove'](this.#join, object);
  }
}
