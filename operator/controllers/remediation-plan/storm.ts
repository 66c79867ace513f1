/**
 * Tells of a storm that begins or ends, by a worker of its own: the rest of a plan's status asks the API server this and
 * that and waits for old records to go, which must not hold up what is told when most is going on.
 */
import type { RemediationPlan, RemediationPlanStatus } from '../../../crds/remediation-plan.ts';
import { Draft } from '../../decide/draft.ts';
import { stormAt } from '../../decide/storm.ts';
import { hasReason } from '../../kube/api.ts';
import { RemediationPlan as RemediationPlanResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import type { Context } from '../context.ts';
import type { Loads } from '../loads.ts';
import { standOf } from './brakes.ts';

export class PlanStormController {
  readonly #context: Context;
  readonly #loads: Pick<Loads, 'ofPlan'>;

  constructor(context: Context, loads: Pick<Loads, 'ofPlan'>) {
    this.#context = context;
    this.#loads = loads;
  }

  readonly reconcile = async (key: string): Promise<void> => {
    const { api, kinds, isLeader, clock } = this.#context;
    const plan = kinds.plans.get(key);
    if (plan === undefined || !isLeader() || !this.#isNews(plan)) return;
    const draft = new Draft<RemediationPlanStatus>(plan.status ?? {}, clock.now());
    standOf(draft, plan, this.#loads.ofPlan(plan).load);
    const storm = draft.condition('Storm');
    if (storm !== undefined && plan.metadata.generation !== undefined)
      storm.observedGeneration = plan.metadata.generation;
    try {
      kinds.plans.wrote(await writeStatus(api, RemediationPlanResource, plan, draft.status));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      kinds.plans.forget(key);
    }
  };

  /** Whether there is a storm, or none any more, other than its status says; its numbers are no news. */
  #isNews(plan: RemediationPlan): boolean {
    const { storm: limits } = plan.spec.guards;
    const before = plan.status?.storm;
    if (limits === undefined) return false;
    const { is } = stormAt(limits, this.#loads.ofPlan(plan).load, before, this.#context.clock.now());
    const was = before !== undefined && before.until === undefined;
    return is !== 'Unknown' && (is === 'Storm') !== was;
  }
}
