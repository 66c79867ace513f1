import type { RemediationPlan, RemediationPlanStatus } from '../../../crds/remediation-plan.ts';
import type { Draft } from '../../decide/draft.ts';
import type { Telling } from '../../notify/outbox.ts';

/** Those whom a plan has told something, in a step or when it gives up. */
const notifiersOf = ({ spec }: RemediationPlan): string[] => {
  const named = [spec.escalation?.notifier, ...spec.steps.map(({ action }) => action.notify?.notifier)];
  return [...new Set(named.filter((name) => name !== undefined))];
};

/** The addresses that its steps call, there and back. */
const addressesOf = ({ spec }: RemediationPlan): string[] => {
  const called = spec.steps.flatMap(({ action: { webhook } }) => [webhook?.url, webhook?.undo?.url]);
  return [...new Set(called.filter((url) => url !== undefined))];
};

/** Whether a plan names anybody of the notifiers file, so that it is to be looked at when that changes. */
export const namesOutsiders = (plan: RemediationPlan): boolean =>
  notifiersOf(plan).length + addressesOf(plan).length > 0;

/** Sets the condition `NotifierFound`: whether those exist whom the plan tells something, and those may be called whom it calls. */
export function tellOutsiders(
  draft: Draft<RemediationPlanStatus>,
  plan: RemediationPlan,
  telling: Pick<Telling, 'notifier' | 'callProblem' | 'problem'>,
): void {
  const [names, addresses] = [notifiersOf(plan), addressesOf(plan)];
  const missing = names.filter((name) => telling.notifier(name) === undefined);
  const problems = new Set(addresses.flatMap((address) => telling.callProblem(address) ?? []));
  const why = telling.problem === undefined ? '' : ` (${telling.problem})`;
  if (missing.length > 0) {
    const message = `notifier ${missing.join(', ')} is not configured${why}: add it to the notifiers file of the operator, or change the plan`;
    draft.set('NotifierFound', 'False', 'NotifierNotFound', message);
  } else if (problems.size > 0) {
    const message = `${[...problems].join('; ')}${why}: add it there, or change the plan; until then the step fails`;
    draft.set('NotifierFound', 'False', 'HostNotAllowed', message);
  } else if (names.length + addresses.length === 0)
    draft.set('NotifierFound', 'True', 'NoneNamed', 'the plan names no notifier');
  else {
    const told = names.length === 0 ? [] : [`${names.join(', ')} can be told`];
    const called = addresses.length === 0 ? [] : ['whom its steps call may be called'];
    draft.set('NotifierFound', 'True', 'Exists', [...told, ...called].join('; '));
  }
}
