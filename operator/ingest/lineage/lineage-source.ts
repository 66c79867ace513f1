/**
 * Tells on the stream whose the rows of each node are, so that a replay knows it also of pods that are gone by then. It
 * tells what has changed whenever a source is bound anew (that is when identities have changed), and all of every node
 * again within five minutes. Only the leader speaks. Nobody who judges live waits for it: there the join knows first.
 */
import type { Keyframe } from '../../../engine/frame/types.ts';
import { lineageSubject } from '../../../engine/frame/subject.ts';
import type { Bus } from '../../../wire/bus.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { messageOf, type Logger } from '../../kube/logger.ts';
import type { Reflectors } from '../reflectors.ts';
import { controllerOf } from '../views.ts';
import { lineageKind } from './kinds.ts';
import { encodeLineage, lineageRepeatMs, type Lineage, type LineageObject } from './message.ts';

export interface LineageSourceOptions {
  readonly reflectors: Reflectors;
  readonly bus: Pick<Bus, 'publish'>;
  readonly prefix?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); spreads the repetitions. */
  readonly random: () => number;
}

/** What changes together is told together. */
const coalesceMs = 50;
const retryMs = 5_000;
const lookMs = 1_000;
/** So many nodes are told of at once. */
const together = 16;
/** A while between those that can wait, since a large cluster has thousands of them at a start. */
const inTurnMs = 100;

export class LineageSource {
  readonly #options: LineageSourceOptions;
  /** By the key of the source: how it is read. */
  readonly #keyframes = new Map<string, Keyframe>();
  /** When all of a node was told. */
  readonly #toldMs = new Map<string, number>();
  /** Of each node, the views that were told last. */
  readonly #told = new Map<string, Told>();
  /** Nodes of which something has changed, with the event time since when: a replay looks ahead for seconds only. */
  readonly #changed = new Map<string, number>();
  /** Other nodes to tell of, in turn; those that are new with the event time since when. */
  readonly #waiting = new Map<string, number | undefined>();
  #active = false;
  #running = false;
  #number = 0;
  #said = '';
  #cancel = (): void => {};

  constructor(options: LineageSourceOptions) {
    this.#options = options;
  }

  /** A source is read anew (`Bindings`). */
  readonly bound = (key: string, keyframe: Keyframe | undefined, atMs: number): void => {
    const isNew = !this.#keyframes.has(key);
    if (keyframe === undefined) this.#keyframes.delete(key);
    else this.#keyframes.set(key, keyframe);
    if (!this.#active) return;
    const node = nodeOf(key);
    const canWait = isNew && !this.#changed.has(node);
    const isFirst = this.#changed.size === 0 && !(canWait && this.#waiting.size > 0);
    const sinceMs = this.#changed.get(node) ?? this.#waiting.get(node) ?? atMs;
    if (!canWait) this.#waiting.delete(node);
    (canWait ? this.#waiting : this.#changed).set(node, sinceMs);
    if (isFirst && !this.#running && this.#said === '') this.#arm(coalesceMs);
  };

  /** Begins or ceases to speak. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    this.#toldMs.clear();
    this.#told.clear();
    this.#changed.clear();
    this.#waiting.clear();
    for (const key of this.#keyframes.keys()) this.#waiting.set(nodeOf(key), undefined);
    if (active && !this.#running) this.#arm(coalesceMs);
  }

  #arm(inMs: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(inMs, () => void this.#tell());
  }

  /** Tells of some nodes, first of those that have changed; then of the next ones, or looks again for those that are due. */
  async #tell(): Promise<void> {
    this.#running = true;
    const { clock, logger } = this.#options;
    try {
      const nowMs = clock.now();
      for (const [node, toldMs] of this.#toldMs)
        if (nowMs - toldMs >= lineageRepeatMs && !this.#changed.has(node) && !this.#waiting.has(node))
          this.#waiting.set(node, undefined);
      const next = [...this.#changed, ...this.#waiting].slice(0, together);
      for (const [node] of next) if (!this.#changed.delete(node)) this.#waiting.delete(node);
      const told = await Promise.allSettled(next.map(([node, atMs]) => this.#tellOf(node, atMs)));
      const failed = told.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      this.#said = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#said) logger.warn('whose rows are whose is not stored: replays know less', { reason });
      this.#said = reason;
    }
    this.#running = false;
    if (this.#active) this.#arm(this.#pauseMs());
  }

  #pauseMs(): number {
    if (this.#said !== '') return retryMs;
    if (this.#changed.size > 0) return this.#changed.size < together ? coalesceMs : 0;
    return this.#waiting.size > 0 ? inTurnMs : lookMs;
  }

  async #tellOf(node: string, atMs: number | undefined): Promise<void> {
    const { bus, prefix, clock, random } = this.#options;
    const nowMs = clock.now();
    const now = this.#objectsOf(node);
    const isDue = nowMs - (this.#toldMs.get(node) ?? -Infinity) >= lineageRepeatMs;
    const lineage = { atMs, ...(isDue ? { objects: kept(now.values()) } : changes(this.#told.get(node), now)) };
    if (lineage.objects.length + (lineage.gone?.length ?? 0) === 0 && !isDue) return;
    // Up to half the time too early: at a start all nodes are told of at once, and would be again each five minutes.
    if (isDue) this.#toldMs.set(node, nowMs - (random() * lineageRepeatMs) / 2);
    this.#told.set(node, toldOf(now));
    const subject = lineageSubject(node, prefix);
    try {
      await bus.publish(subject, encodeLineage(lineage), `lineage:${nowMs}:${++this.#number}:${subject}`);
    } catch (error) {
      this.#toldMs.set(node, clock.now() - lineageRepeatMs);
      this.#told.delete(node);
      throw error;
    }
    if (now.size > 0) return;
    this.#toldMs.delete(node);
    this.#told.delete(node);
  }

  /** What the rows of a node belong to, each once; a pod after what it belongs to. */
  #objectsOf(node: string): ReadonlyMap<string, Viewed> {
    const { nodes, pods, replicaSets, deployments, statefulSets, daemonSets } = this.#options.reflectors;
    const found = new Map<string, Viewed>();
    const add = (kind: string, view: KubeObject | undefined): void => {
      const uid = view?.metadata.uid;
      if (view !== undefined && uid !== undefined) found.set(uid, { kind, view });
    };
    const addWorkload = (uid: string): void => {
      for (const watched of [deployments, statefulSets, daemonSets]) {
        const workload = watched.store.byUid(uid);
        if (workload !== undefined) add(workload.kind, workload);
      }
    };
    add('Node', nodes.store.get(node));
    for (const producer of ['agent', 'state'])
      for (const { scope, uid } of this.#keyframes.get(`${producer}/${node}`)?.rows ?? []) {
        if (scope === 'Workload') addWorkload(uid);
        if ((scope !== 'Pod' && scope !== 'Container') || found.has(uid)) continue;
        const pod = pods.store.byUid(uid);
        const owner = pod && controllerOf(pod.metadata);
        const replicaSet = owner && replicaSets.store.byUid(owner.uid);
        addWorkload((replicaSet && controllerOf(replicaSet.metadata)?.uid) ?? owner?.uid ?? '');
        add('ReplicaSet', replicaSet);
        add('Pod', pod);
      }
    return found;
  }
}

/** An object as ingest knows it. */
interface Viewed {
  readonly kind: string;
  readonly view: KubeObject;
}

/** Views that were told: lists alone, since they are of all pods. */
interface Told {
  readonly pods: readonly KubeObject[];
  readonly others: readonly KubeObject[];
}

const toldOf = (now: ReadonlyMap<string, Viewed>): Told => {
  const views = (arePods: boolean): KubeObject[] =>
    [...now.values()].filter(({ kind }) => (kind === 'Pod') === arePods).map(({ view }) => view);
  return { pods: views(true), others: views(false) };
};

const kept = (objects: Iterable<Viewed>): LineageObject[] =>
  Array.from(objects).flatMap(({ kind, view }) => {
    const object = lineageKind(kind)?.keep(view);
    return object === undefined ? [] : [{ kind, object }];
  });

/** Whoever was told of some objects lacks the others, and those that have another view since. */
function changes(
  { pods, others }: Told = { pods: [], others: [] },
  now: ReadonlyMap<string, Viewed>,
): Omit<Lineage, 'atMs'> {
  const before = new Set([...pods, ...others]);
  return {
    objects: kept([...now.values()].filter(({ view }) => !before.has(view))),
    gone: pods.flatMap(({ metadata: { uid = '' } }) => (now.has(uid) ? [] : [uid])),
  };
}

const nodeOf = (key: string): string => key.slice(key.indexOf('/') + 1);
