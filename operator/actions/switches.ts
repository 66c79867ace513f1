/** Switches in the spec of a workload: a field that is set to true, and back to what it was. */
import type { Action, Permission, Plan, Target } from './action.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { valueAt } from './json.ts';
import { describeRead, type Live, type Read } from './live.ts';
import { describeOwner, ownersOf } from './ownership.ts';
import { changing } from './permissions.ts';
import { workloads } from './resources.ts';
import { isRead, liveSubject, workloadOf, type Subject } from './subjects.ts';

/** An object as it was read, or why there is none. */
export type NotFound = Extract<Plan, { is: 'Refused' | 'Unreadable' }>;
export type Found = Extract<ReturnType<typeof liveSubject>, { is: 'Found' }>;

interface Switch<P> {
  /** The kinds that have it. */
  readonly kinds: readonly string[];
  readonly path: string;
  /** What is done, as in `suspend CronJob shop/report`, and how it is then. */
  readonly verb: string;
  readonly state: string;
  /** Why it must not be thrown; undefined when it may. */
  readonly refusal?: (found: Found) => { readonly reason: string; readonly message: string } | undefined;
  /** Another object that has it instead of the target's workload, and what must be read to find it. */
  readonly instead?: {
    readonly isWanted: (params: P) => boolean;
    readonly reads: (target: Target) => readonly Read[];
    readonly of: (workload: Found, live: Live) => Found | NotFound;
    readonly permissions: readonly Permission[];
  };
}

/** The action that throws a switch of the target's workload. */
export function switchAction<P>({ kinds, path, verb, state, refusal, instead }: Switch<P>): Action<P> {
  const own = changing(workloads.filter(({ kind }) => kinds.includes(kind)));
  const insteadBy = (params: P): typeof instead => (instead?.isWanted(params) === true ? instead : undefined);
  const subjectOf = (target: Target): Subject => {
    const workload = workloadOf(target);
    if (!isRead(workload) || kinds.includes(workload.resource.kind)) return workload;
    const message = `${describeRead(workload)} cannot be ${state}: only a ${kinds.join(' or a ')} can`;
    return { refused: 'WrongWorkload', message };
  };
  return {
    reversible: true,
    targets: ['Workload', 'Pod', 'Container'],
    permissions: [...own, ...(instead?.permissions ?? [])],
    needs: (params) => [...own, ...(insteadBy(params)?.permissions ?? [])],
    subject: subjectOf,
    reads: (target, params, purpose) => [
      ...[subjectOf(target)].filter(isRead),
      ...(purpose === 'Plan' ? (insteadBy(params)?.reads(target) ?? []) : []),
    ],
    plan(params, live, { target }) {
      const workload = liveSubject(target, subjectOf(target), live);
      if (workload.is !== 'Found') return workload;
      const subject = insteadBy(params)?.of(workload, live) ?? workload;
      if (subject.is !== 'Found') return subject;
      const { object, name } = subject;
      if (valueAt(object, path) === true) {
        const [owner] = ownersOf(object, path);
        const by = owner === undefined ? '' : ` by ${describeOwner(owner)}`;
        return { is: 'Nothing', message: `${name} is ${state} already${by}` };
      }
      const refused = refusal?.(subject);
      if (refused !== undefined) return { is: 'Refused', ...refused, message: `${name} ${refused.message}` };
      const of = subject === workload ? '' : `, of which ${workload.name} is a run`;
      return { is: 'Changes', changes: fieldChange(subject, { path, to: true }), message: `${verb} ${name}${of}` };
    },
    requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
    inspect: (change, live, { manager }) => inspectField(change, live, manager),
    effect: () => ({ is: 'Done', message: `it is ${state}` }),
  };
}
