/** Random actions for the steps of plans: every action of the registry, with parameters that its schema allows. */
import { actionNames, actions as schemas, type ActionName } from '../../crds/actions.ts';
import type { TargetKind } from '../../crds/references.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { validPlan } from '../../crds/testing/valid.ts';
import { validate } from '../../crds/validate.ts';
import { actions } from '../actions/registry.ts';
import { drawValue } from './draw-value.ts';
import type { Random } from './random.ts';

/** Parameters that are likely to do something here; of an action without a line they are drawn from its schema. */
const telling: Partial<Record<ActionName, readonly object[]>> = {
  cordon: [{}, { reason: 'x'.repeat(256) }],
  restartPod: [{}, { gracePeriodSeconds: 0 }, { gracePeriodSeconds: 1 }],
  scale: [{ by: 1, max: 10 }, { by: 2, max: 4 }, { by: -1, min: 1 }, { to: 5 }, { by: 1 }],
  label: [
    { of: 'Target', set: { pool: 'sick' } },
    { of: 'Target', set: { quarantine: 'true' }, remove: ['app'] },
    { of: 'Node', set: { pool: 'bad' } },
    { of: 'Workload', set: { quarantine: 'true' } },
    { of: 'Pod', remove: ['app'] },
  ],
};

/** How often a drawn action that its own rules refuse is drawn anew. */
const mostDraws = 6;

/** An action, mostly one that is for such targets. */
export function drawAction(random: Random, kind: TargetKind): PlanStep['action'] {
  const fitting = actionNames.filter((name) => actions[name].targets.includes(kind));
  for (let draw = 0; draw < mostDraws; draw++) {
    const name = random.pick(random.chance(0.95) && fitting.length > 0 ? fitting : actionNames);
    const known = telling[name];
    const parameters = known === undefined ? drawValue(random, schemas[name]) : random.pick(known);
    const action = { [name]: parameters } as PlanStep['action'];
    if (isValid(action)) return action;
  }
  return { cordon: {} };
}

const known = new Map<string, boolean>();

/** Whether the API server would take a plan with such a step. */
function isValid(action: PlanStep['action']): boolean {
  const text = JSON.stringify(action);
  const found = known.get(text);
  if (found !== undefined) return found;
  const plan = validPlan();
  const spec = { ...plan.spec, steps: [{ name: 'step', action, timeoutSeconds: 60 }] };
  const valid = validate('RemediationPlan', { ...plan, spec }).length === 0;
  known.set(text, valid);
  return valid;
}
