/** What steps would change as things are now: the actions’ own plans over what is read at this moment; nothing is written. */
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { RemediationSpec, StepStatus } from '../../crds/remediation.ts';
import { readKey, type Answer, type Read } from '../actions/live.ts';
import { managerOf } from '../actions/ownership.ts';
import { actionOf } from '../actions/registry.ts';
import { ApiError } from '../kube/api.ts';
import type { Session } from './session.ts';

/** The steps as a Remediation in mode Observe would record them. */
export async function foresee(
  session: Session,
  steps: readonly PlanStep[],
  target: RemediationSpec['target'],
  as: { readonly namespace?: string; readonly name: string; readonly uid?: string },
  serviceAccountName?: string,
): Promise<StepStatus[]> {
  const live = new Map<string, Answer>();
  const foreseen: StepStatus[] = [];
  for (const step of steps) {
    const { namespace = '', name, uid = '' } = as;
    const action = actionOf(step.action, { namespace, name, uid, step: step.name, serviceAccountName });
    for (const read of action.reads(target, 'Plan'))
      if (!live.has(readKey(read))) live.set(readKey(read), await answerOf(session, read));
    const context = { target, manager: managerOf(as), nowMs: session.view.nowMs };
    const plan = action.plan(live, context);
    const common = { name: step.name, action: action.name };
    if (plan.is === 'Changes') {
      // What it would find out on the way, as the pods of a node, if it began now.
      const further = action.gradual?.further(plan.changes, live, context);
      const changes = [...plan.changes, ...(further?.is === 'Changes' ? further.changes : [])];
      foreseen.push({ ...common, state: 'Pending', message: `would ${plan.message}`, changes });
    } else if (plan.is === 'Nothing')
      foreseen.push({ ...common, state: 'Skipped', message: `would do nothing: ${plan.message}` });
    else if (plan.is === 'Refused')
      foreseen.push({ ...common, state: 'Failed', message: `would be refused: ${plan.message}` });
    else foreseen.push({ ...common, state: 'Failed', message: `cannot be told: ${plan.message}` });
  }
  return foreseen;
}

async function answerOf(session: Session, read: Read): Promise<Answer> {
  const { resource, namespace, name, fieldSelector, labelSelector } = read;
  try {
    if (name === undefined)
      return { is: 'List', items: await session.all(resource, { namespace, fieldSelector, labelSelector }) };
    return { is: 'Found', object: await session.api.get(resource, { namespace, name }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status === 404 ? { is: 'Absent' } : { is: 'Unreadable', message: error.message };
  }
}
