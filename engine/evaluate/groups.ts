import { grown } from '../windows/pane-window.ts';
import type { Target } from './target.ts';

/**
 * Which targets of a policy are peers, slot by slot: the pods of a workload, the containers of one name in them, all
 * nodes that the policy selects. Numbers of groups are used again, so they stay below that of the slots.
 */
export class Groups {
  /** For each slot, the number of its group; -1 for a target without peers. */
  of = new Int32Array(0);
  readonly #numbers = new Map<string, number>();
  readonly #members: { readonly key: string; count: number }[] = [];
  readonly #free: number[] = [];

  grow(slots: number): void {
    if (slots > this.of.length) this.of = grown(this.of, new Int32Array(slots).fill(-1));
  }

  /** Puts a slot among the peers of a target. */
  join(slot: number, target: Target): void {
    const key = keyOf(target);
    const before = this.#members[this.of[slot] ?? -1];
    if (before?.key === key) return;
    this.leave(slot);
    if (key === undefined) return;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#members.length;
      this.#numbers.set(key, number);
      this.#members[number] = { key, count: 0 };
    }
    const group = this.#members[number];
    if (group !== undefined) group.count++;
    this.of[slot] = number;
  }

  leave(slot: number): void {
    const number = this.of[slot] ?? -1;
    const group = this.#members[number];
    this.of[slot] = -1;
    if (group === undefined || --group.count > 0) return;
    this.#numbers.delete(group.key);
    this.#free.push(number);
  }
}

function keyOf({ kind, workload, container = '' }: Target): string | undefined {
  if (kind === 'Node') return kind;
  return kind === 'Workload' || workload === undefined ? undefined : `${workload.uid}/${container}`;
}
