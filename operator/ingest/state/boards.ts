import { namesOf, statusOf } from '../identity.ts';
import type { NodeView, PodView, WorkloadView } from '../views.ts';
import { sharing } from '../share.ts';
import { Board, type Stander } from './board.ts';
import { Failures } from './failures.ts';
import { containerSamples, inColumnOrder, nodeSamples, podSamples, workloadSamples } from './samples.ts';

/**
 * The cluster’s objects as state sources: a board for each Kubernetes node with the node itself and its pods, and one
 * (`""`) for workloads and for pods that are on no node yet.
 */
export class Boards {
  readonly #boards = new Map<string, Board>();
  readonly #failures = new Failures();
  readonly #share = sharing();
  readonly #newBoot: () => string;
  readonly #onChange: (board: Board) => void;
  readonly #warnings: (about: string) => number;

  /**
   * `onChange` is told of every board that has something new to say. `newBoot`: 16 random bytes in hex. `warnings`: about
   * `Pod/uid` or `Node/name`, so far; NaN while they are not counted.
   */
  constructor(newBoot: () => string, onChange: (board: Board) => void, warnings: (about: string) => number) {
    this.#warnings = warnings;
    this.#newBoot = newBoot;
    this.#onChange = onChange;
  }

  setPod(pod: PodView): void {
    const { uid } = pod.metadata;
    if (uid === undefined) return;
    const board = this.#board(pod.spec.nodeName ?? '');
    const old = this.#of(pod)[0];
    const containers = this.#share(namesOf(pod));
    const own = inColumnOrder('Pod', podSamples(pod, this.#warnings(`Pod/${uid}`)));
    const ofContainers = containers.map((container) => {
      const status = statusOf(pod, container);
      const failures = this.#failures.look(uid, container, status, old === undefined);
      return inColumnOrder('Container', containerSamples(status, failures));
    });
    board.set({ scope: 'Pod', uid, containers }, [own, ...ofContainers]);
    for (const other of this.#of(pod)) if (other !== board) this.#remove(other, uid);
    this.#say(board);
  }

  deletePod(pod: PodView): void {
    const { uid } = pod.metadata;
    if (uid === undefined) return;
    for (const board of this.#of(pod)) this.#remove(board, uid);
    this.#failures.forget(uid);
  }

  setNode(node: NodeView): void {
    const { name } = node.metadata;
    this.#set(
      name,
      { scope: 'Node', uid: name },
      inColumnOrder('Node', nodeSamples(node, this.#warnings(`Node/${name}`))),
    );
  }

  deleteNode(name: string): void {
    this.#remove(this.#boards.get(name), name);
  }

  setWorkload(workload: WorkloadView): void {
    const { uid } = workload.metadata;
    if (uid === undefined) return;
    this.#set('', { scope: 'Workload', uid }, inColumnOrder('Workload', workloadSamples(workload)));
  }

  deleteWorkload(uid: string): void {
    this.#remove(this.#boards.get(''), uid);
  }

  #set(node: string, object: Stander, values: Float32Array): void {
    const board = this.#board(node);
    board.set(object, [values]);
    this.#say(board);
  }

  /** Where a pod stands: on the board of its node, or of none until it has one. */
  #of({ metadata: { uid = '' }, spec: { nodeName = '' } }: PodView): Board[] {
    return [...new Set([nodeName, ''])].flatMap((node) => {
      const board = this.#boards.get(node);
      return board?.has(uid) === true ? [board] : [];
    });
  }

  #remove(board: Board | undefined, uid: string): void {
    if (board === undefined) return;
    const { node } = board.source;
    board.delete(uid);
    // The one of no node stays: it comes and goes with every pod that is to be scheduled.
    if (board.isEmpty && node !== '') this.#boards.delete(node);
    this.#say(board);
  }

  #say(board: Board): void {
    if (board.changed) this.#onChange(board);
  }

  #board(node: string): Board {
    let board = this.#boards.get(node);
    if (board === undefined) {
      board = new Board({ producer: 'state', node, boot: this.#newBoot() });
      this.#boards.set(node, board);
    }
    return board;
  }
}
