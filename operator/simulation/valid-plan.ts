import { completed } from './completed.ts';
import type { ScenarioPlan } from './scenario.ts';

/** The plan as the API server takes it: without the undos that it would not take. */
export function valid(plan: ScenarioPlan): ScenarioPlan {
  const { name, namespace, spec } = plan;
  const object = { apiVersion: 'homeostat.dev/v1alpha1', kind: 'RemediationPlan', metadata: { name, namespace }, spec };
  const { problems } = completed('RemediationPlan', object);
  if (problems.length === 0) return plan;
  const steps = spec.steps.map(({ undo: _undo, ...step }) => step);
  return { ...plan, spec: { ...spec, steps } };
}
