import { actionNames, type ActionName } from '../../crds/actions.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { longestValue } from '../../crds/remediation/change.ts';
import type { Action, Actions, BoundAction, Origin, Plan } from './action.ts';
import { annotate } from './annotate.ts';
import { cordon } from './cordon.ts';
import { drain } from './drain.ts';
import { createObject } from './create-object.ts';
import { job } from './job.ts';
import { readOf } from './fields.ts';
import { isolatePod } from './isolate-pod.ts';
import { rolloutUndo } from './rollout-undo.ts';
import { shownPath } from './json.ts';
import { describeRead } from './live.ts';
import { notify } from './notify.ts';
import { webhook } from './webhook.ts';
import { label } from './label.ts';
import { restartPod } from './restart-pod.ts';
import { scale } from './scale.ts';
import { taint } from './taint.ts';
import { setResources } from './set-resources.ts';
import { suspend } from './suspend.ts';
import { pauseRollout } from './pause-rollout.ts';
import { rolloutRestart } from './rollout-restart.ts';

/** Every action, in the order of the schema. */
export const actions: Actions = {
  cordon,
  drain,
  restartPod,
  scale,
  label,
  annotate,
  taint,
  suspend,
  pauseRollout,
  rolloutRestart,
  rolloutUndo,
  setResources,
  isolatePod,
  createObject,
  job,
  webhook,
  notify,
};

/**
 * The action of a step with its parameters filled in. Throws a `TypeError` when the step names none, or more than one:
 * the API server refuses such an object.
 *
 * @example
 * actionOf({ scale: { by: 1, max: 10 } }).reads(target, 'Plan');
 */
export function actionOf(step: PlanStep['action'], origin: Origin = nowhere): BoundAction {
  const [name, ...more] = actionNames.filter((name) => step[name] !== undefined);
  if (name === undefined || more.length > 0) {
    throw new TypeError(`a step must name exactly one action: ${actionNames.join(', ')}`);
  }
  // The schema gives each action its own parameters; which they are is lost where the name is a variable.
  return bind(name, actions[name] as Action<unknown>, step[name], origin);
}

/** Of who only asks what an action is. */
const nowhere: Origin = { namespace: '', name: '', uid: '', step: '' };

/** What cannot be written down is not done: the API server would refuse the record of it. */
function recordable(plan: Plan): Plan {
  if (plan.is !== 'Changes') return plan;
  const long = plan.changes.find(({ from = '', to = '' }) => Math.max(from.length, to.length) > longestValue);
  if (long === undefined) return plan;
  const what = `${long.path === '' ? '' : `${shownPath(long.path)} of `}${describeRead(readOf(long))}`;
  const message = `${what} is longer than the ${longestValue} characters of JSON that can be recorded: nothing is changed that could not be told`;
  return { is: 'Refused', reason: 'TooLarge', message };
}

function bind<P>(name: ActionName, action: Action<P>, params: P, origin: Origin): BoundAction {
  const { reversible, targets, gradual, revert } = action;
  return {
    name,
    reversible: typeof reversible === 'function' ? reversible(params) : reversible,
    targets,
    needs: (kinds) => action.needs?.(params, kinds) ?? action.permissions,
    subject: (target) => action.subject(target, params),
    reads: (target, purpose) => action.reads(target, params, purpose, origin),
    plan: (live, context) => {
      if (targets.includes(context.target.kind)) return recordable(action.plan(params, live, { ...context, origin }));
      const message = `${name} is for targets of kind ${targets.join(', ')}, not ${context.target.kind}`;
      return { is: 'Refused', reason: 'WrongTargetKind', message };
    },
    requests: (changes, live, context) => action.requests(changes, params, live, { ...context, origin }),
    inspect: (change, live, context) => action.inspect(change, live, { ...context, origin }),
    ...(revert && { revert: (change, live, context) => revert(change, params, live, { ...context, origin }) }),
    effect: (changes, live, context) => action.effect(changes, live, { ...context, origin }, params),
    ...(gradual === undefined
      ? {}
      : {
          gradual: {
            touched: (live, target) => gradual.touched(params, live, target),
            further: (changes, live, context) => gradual.further(changes, params, live, context),
            interrupted: (changes, live, context) => gradual.interrupted(changes, live, context),
          },
        }),
  };
}
