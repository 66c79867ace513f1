/**
 * Makes samples of what the API server says: the same stream as the agents’, so that every verdict is a function of the
 * stream. A change is told at once; what changes within 20 ms after that is told together; everything is told every
 * ten seconds, unless the API server has not answered for it for five: what was known before is not told as the present.
 * Only one operator at a time may speak, the leader: each time it begins it is a new sender.
 */
import { randomBytes } from 'node:crypto';
import type { Scope } from '../../../engine/frame/types.ts';
import type { FramePublisher } from '../../../wire/publisher.ts';
import type { Clock } from '../../kube/clock.ts';
import { errorFields, type Logger } from '../../kube/logger.ts';
import { follow, type Reflectors } from '../reflectors.ts';
import { fullIntervalMs, type Board } from './board.ts';
import { Boards } from './boards.ts';
import type { Warnings } from './warnings.ts';

export interface StateSourceOptions {
  readonly reflectors: Reflectors;
  /** Counts what Events warn of; undefined: nobody does. */
  readonly warnings?: Pick<Warnings, 'about' | 'onChange'>;
  readonly publisher: Pick<FramePublisher, 'offer' | 'forget'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); spreads the full frames of many nodes over their interval. */
  readonly random: () => number;
}

const coalesceMs = 20;
/** Boards that are due are told together, so that the many of a large cluster share their way to the broker. */
const beatMs = 100;
/**
 * So many of them in a beat where all are told at once, as when this begins: they come back to be judged, before the frames
 * of agents that were sent a moment later.
 */
const together = 32;
/**
 * However many they are, it takes no more beats: each was told up to `fullIntervalMs` before the last leader ended, and is
 * stale to most policies after 15 s.
 */
const mostBeats = 20;
/** A watch that breaks is mostly back within a second or two. */
const blindAfterMs = 5_000;

/** When a board speaks next. */
interface Timing {
  lastMs: number;
  /** A frame of the changes is on its way. */
  armed: boolean;
  cancelChange: () => void;
  /** When all of it is to be told again. */
  fullMs: number;
}

export class StateSource {
  readonly #options: StateSourceOptions;
  readonly #timings = new Map<Board, Timing>();
  /** Those with something to say, while all objects are looked at. */
  #gathered: Set<Board> | undefined;
  #active = false;
  #stop: (() => void)[] = [];
  #cancelBeat = (): void => {};

  constructor(options: StateSourceOptions) {
    this.#options = options;
  }

  /** Begins or ceases to speak. To be called when the reflectors have synced. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    if (active) this.#begin();
    else this.#end();
  }

  #begin(): void {
    const { reflectors, warnings } = this.#options;
    const { pods, nodes, deployments, statefulSets, daemonSets } = reflectors;
    const boards = new Boards(
      () => randomBytes(16).toString('hex'),
      (board) => this.#changed(board),
      (about) => warnings?.about(about) ?? Number.NaN,
    );
    const warned = (about: string | undefined): void => {
      const [kind, id = ''] = about?.split('/') ?? [];
      const pod = pods.store.byUid(id);
      const node = nodes.store.get(id);
      if (kind === 'Pod' && pod !== undefined) boards.setPod(pod);
      else if (kind === 'Node' && node !== undefined) boards.setNode(node);
      else if (about === undefined)
        this.#inTurn(() => {
          for (const each of pods.store.list()) boards.setPod(each);
          for (const each of nodes.store.list()) boards.setNode(each);
        });
    };
    this.#beat();
    const watching = (): (() => void)[] => [
      warnings?.onChange(warned) ?? (() => {}),
      follow(
        nodes,
        (node) => boards.setNode(node),
        ({ metadata }) => boards.deleteNode(metadata.name),
      ),
      ...[deployments, statefulSets, daemonSets].map((workloads) =>
        follow(
          workloads,
          (workload) => boards.setWorkload(workload),
          ({ metadata }) => boards.deleteWorkload(metadata.uid ?? ''),
        ),
      ),
      follow(
        pods,
        (pod) => boards.setPod(pod),
        (pod) => boards.deletePod(pod),
      ),
    ];
    this.#inTurn(() => {
      this.#stop = watching();
    });
  }

  /** Looks at all objects; of the boards that have something to say the first few speak at once, the others in turn. */
  #inTurn(look: () => void): void {
    this.#gathered = new Set();
    look();
    const gathered = [...this.#gathered];
    this.#gathered = undefined;
    const nowMs = this.#options.clock.now();
    const atOnce = Math.max(together, Math.ceil(gathered.length / mostBeats));
    for (const [index, board] of gathered.entries()) {
      const timing = this.#timingOf(board);
      if (index < atOnce) this.#changed(board);
      else timing.fullMs = Math.min(timing.fullMs, nowMs + beatMs * Math.floor(index / atOnce));
    }
  }

  #end(): void {
    for (const stop of this.#stop.splice(0)) stop();
    this.#cancelBeat();
    for (const board of this.#timings.keys()) this.#forget(board);
  }

  /** Tells all of the boards that are due. */
  #beat(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    for (const [board, { fullMs }] of this.#timings) if (nowMs >= fullMs) this.#tell(board, true);
    this.#cancelBeat = clock.after(beatMs, () => this.#beat());
  }

  /** The first change is told as soon as the present event is handled. */
  #changed(board: Board): void {
    if (this.#gathered !== undefined) {
      this.#gathered.add(board);
      return;
    }
    const timing = this.#timingOf(board);
    if (timing.armed) return;
    timing.armed = true;
    const { clock } = this.#options;
    const waitMs = timing.lastMs + coalesceMs - clock.now();
    if (waitMs <= 0) queueMicrotask(() => this.#tell(board, false));
    else timing.cancelChange = clock.after(waitMs, () => this.#tell(board, false));
  }

  #tell(board: Board, full: boolean): void {
    const timing = this.#timings.get(board);
    if (timing === undefined || (!full && !board.changed)) return;
    const { clock, publisher, logger } = this.#options;
    const nowMs = clock.now();
    timing.cancelChange();
    Object.assign(timing, { armed: false, lastMs: nowMs });
    const { keyframe, frame } = board.tell(nowMs, full, this.#unknown(nowMs));
    try {
      publisher.offer(keyframe, frame);
    } catch (error) {
      const { node } = board.source;
      logger.error('state frame cannot be sent', { node, rows: keyframe.rows.length, ...errorFields(error) });
    }
    if (board.isEmpty && board.source.node !== '') this.#forget(board);
    else if (full) timing.fullMs = nowMs + fullIntervalMs;
  }

  /** The scopes of which the API server tells us nothing at present. */
  #unknown(nowMs: number): ReadonlySet<Scope> {
    const { pods, nodes, deployments, statefulSets, daemonSets } = this.#options.reflectors;
    const isBlind = ({ failingSinceMs }: Pick<Reflectors['pods'], 'failingSinceMs'>): boolean =>
      failingSinceMs !== undefined && nowMs - failingSinceMs >= blindAfterMs;
    const unknown = new Set<Scope>();
    if (isBlind(nodes)) unknown.add('Node');
    if (isBlind(pods)) unknown.add('Pod').add('Container');
    if ([deployments, statefulSets, daemonSets].some(isBlind)) unknown.add('Workload');
    return unknown;
  }

  #timingOf(board: Board): Timing {
    let timing = this.#timings.get(board);
    if (timing === undefined) {
      const { clock, random } = this.#options;
      const fullMs = clock.now() + fullIntervalMs * random();
      timing = { lastMs: -Infinity, armed: false, cancelChange: () => {}, fullMs };
      this.#timings.set(board, timing);
    }
    return timing;
  }

  #forget(board: Board): void {
    const timing = this.#timings.get(board);
    timing?.cancelChange();
    this.#timings.delete(board);
    this.#options.publisher.forget(board.source);
  }
}
