import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { conditionProblem } from '../../decide/condition.ts';
import { complete } from '../../../crds/validate.ts';
import { actionOf } from '../../actions/registry.ts';
import { scheduleProblem, type ScheduleEntry } from '../../decide/schedule.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';

/** Why a plan cannot be used; empty when it can. */
export function planProblems(plan: RemediationPlan, rootNamespace: string): readonly Problem[] {
  const { object, problems } = complete('RemediationPlan', plan);
  if (problems.length > 0) return problems;
  const { condition } = object.spec.verify;
  const wrong = condition === undefined ? undefined : conditionProblem(condition);
  const broken = wrong === undefined ? [] : [{ path: 'spec.verify.condition', message: wrong }];
  return [
    ...broken,
    ...outOfReach(object, rootNamespace),
    ...scheduleProblems('spec.guards.schedule', object.spec.guards.schedule),
  ];
}

/** What a plan does to nodes, which only one of the root namespace may: its Remediations would be blocked for ever. */
function outOfReach({ metadata, spec }: RemediationPlan, rootNamespace: string): Problem[] {
  if (metadata.namespace === rootNamespace) return [];
  const message = `is only possible in the operator's own namespace, ${rootNamespace}, because it changes a node: move plan and policy there`;
  return spec.steps.flatMap(({ action: step }, index) => {
    const action = actionOf(step);
    // Of a pod's: what is the same for every kind of target that its namespace can have.
    const changed = action.needs(['Pod']).filter(({ verb }) => verb !== 'get' && verb !== 'list');
    if (!changed.some(({ resource }) => resource === 'nodes')) return [];
    const path = `spec.steps[${index}].action.${action.name}`;
    const of = step[action.name];
    return [{ path: of !== undefined && 'of' in of ? `${path}.of` : path, message }];
  });
}

/** What only a clock knows of a schedule: whether its cron expressions and time zones exist. */
export const scheduleProblems = (path: string, schedule: readonly ScheduleEntry[] = []): Problem[] =>
  schedule.flatMap((entry, index) => {
    const message = scheduleProblem(entry);
    return message === undefined ? [] : [{ path: `${path}[${index}]`, message: `cannot be read: ${message}` }];
  });
