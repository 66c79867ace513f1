/** Switches in the spec of a workload: a field that is set to true, and back to what it was. */
import type { KubeObject } from '../kube/api.ts';
import type { Action, Target } from './action.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { valueAt } from './json.ts';
import { describeRead } from './live.ts';
import { describeOwner, ownersOf } from './ownership.ts';
import { changing } from './permissions.ts';
import { workloads } from './resources.ts';
import { isRead, liveSubject, workloadOf, type Subject } from './subjects.ts';

interface Switch {
  /** The kinds that have it. */
  readonly kinds: readonly string[];
  readonly path: string;
  /** What is done, as in `suspend CronJob shop/report`, and how it is then. */
  readonly verb: string;
  readonly state: string;
  /** Why it must not be thrown; undefined when it may. */
  readonly refusal?: (object: KubeObject) => { readonly reason: string; readonly message: string } | undefined;
}

/** The action that throws a switch of the target's workload. */
export function switchAction({ kinds, path, verb, state, refusal }: Switch): Action<unknown> {
  const subjectOf = (target: Target): Subject => {
    const workload = workloadOf(target);
    if (!isRead(workload) || kinds.includes(workload.resource.kind)) return workload;
    const message = `${describeRead(workload)} cannot be ${state}: only a ${kinds.join(' or a ')} can`;
    return { refused: 'WrongWorkload', message };
  };
  return {
    reversible: true,
    targets: ['Workload', 'Pod', 'Container'],
    permissions: changing(workloads.filter(({ kind }) => kinds.includes(kind))),
    subject: subjectOf,
    reads: (target) => [subjectOf(target)].filter(isRead),
    plan(_params, live, { target }) {
      const subject = liveSubject(target, subjectOf(target), live);
      if (subject.is !== 'Found') return subject;
      const { object, name } = subject;
      if (valueAt(object, path) === true) {
        const [owner] = ownersOf(object, path);
        const by = owner === undefined ? '' : ` by ${describeOwner(owner)}`;
        return { is: 'Nothing', message: `${name} is ${state} already${by}` };
      }
      const refused = refusal?.(object);
      if (refused !== undefined) return { is: 'Refused', ...refused, message: `${name} ${refused.message}` };
      return { is: 'Changes', changes: fieldChange(subject, { path, to: true }), message: `${verb} ${name}` };
    },
    requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
    inspect: (change, live, { manager }) => inspectField(change, live, manager),
    effect: () => ({ is: 'Done', message: `it is ${state}` }),
  };
}
