/** Who waits for pods of which node to end: told by the pod watch instead of asking again and again. */
import type { Remediation } from '../../../crds/remediation.ts';
import { actionOf } from '../../actions/registry.ts';
import { isRead } from '../../actions/subjects.ts';
import { isFinished } from '../../decide/budget.ts';

export class Drains {
  readonly #nodeOf = new Map<string, string>();
  readonly #keysOf = new Map<string, Set<string>>();

  /** A Remediation was seen or written, or is gone. */
  changed(key: string, remediation: Remediation | undefined): void {
    const before = this.#nodeOf.get(key);
    const now = remediation === undefined ? undefined : drainedNode(remediation);
    if (before === now) return;
    if (before !== undefined) this.#forget(key, before);
    if (now === undefined) return;
    this.#nodeOf.set(key, now);
    this.#keysOf.set(now, (this.#keysOf.get(now) ?? new Set()).add(key));
  }

  /** The keys of the Remediations that a change of a pod of this node concerns. */
  of(node: string | undefined): Iterable<string> {
    return (node === undefined ? undefined : this.#keysOf.get(node)) ?? [];
  }

  #forget(key: string, node: string): void {
    this.#nodeOf.delete(key);
    const keys = this.#keysOf.get(node);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysOf.delete(node);
  }
}

/** The node whose pods a step under way is moving away. */
function drainedNode(remediation: Remediation): string | undefined {
  if (isFinished(remediation)) return undefined;
  const { spec, status } = remediation;
  const underWay = status?.steps?.find(({ state }) => state === 'Prepared');
  const step = underWay && spec.steps.find(({ name }) => name === underWay.name);
  const action = step && actionOf(step.action);
  if (action?.gradual === undefined) return undefined;
  const subject = action.subject(spec.target);
  return isRead(subject) ? subject.name : undefined;
}
