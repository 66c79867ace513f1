/** Says whether a plan can run and what became of it, and forgets its old Remediations. */
import { targetKinds, type TargetKind } from '../../../crds/references.ts';
import type { RemediationPlan, RemediationPlanStatus } from '../../../crds/remediation-plan.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import { isFinished } from '../../decide/budget.ts';
import { Draft } from '../../decide/draft.ts';
import { writes } from '../../decide/mode.ts';
import { reasons } from '../../decide/reasons.ts';
import { hasReason } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';
import { RemediationPlan as RemediationPlanResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { parseTime } from '../../kube/time.ts';
import { clip } from '../../decide/clip.ts';
import type { ChainFinding } from '../audit/controller.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { Context } from '../context.ts';
import { Examined } from '../examined.ts';
import { byPlanKey } from '../look-ups.ts';
import { reasonOf } from '../reasons.ts';
import { accessProblem, type AccessProblem } from './access.ts';
import type { Loads } from '../loads.ts';
import { standOf, tellBreaker } from './brakes.ts';
import { tellOutsiders } from './outsiders.ts';
import { planProblems } from './problems.ts';
import { Retention } from './retention.ts';

/** Permissions change without our being told: what is there seldom goes, what is missing is being waited for. */
const checkAccessEveryMs = 300_000;
const checkMissingEveryMs = 10_000;

/** Whether the API server has refused a Remediation something since. Times on record are whole seconds. */
function wasForbiddenSince({ status }: Remediation, ms: number): boolean {
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  return succeeded?.reason === reasons.forbidden && (parseTime(succeeded.lastTransitionTime) ?? 0) + 1000 > ms;
}

interface Access {
  /** What was asked for: the plan's generation and the kinds of targets. */
  readonly asked: string;
  readonly atMs: number;
  readonly problem: AccessProblem | undefined;
}

export class RemediationPlanController {
  readonly #context: Context;
  readonly #loads: Pick<Loads, 'ofPlan'>;
  readonly #retention: Retention;
  readonly #findingOf: (namespace: string) => ChainFinding | undefined;
  readonly #access = new Map<string, Access>();
  readonly #examined: Examined<RemediationPlan>;

  constructor(
    context: Context,
    loads: Pick<Loads, 'ofPlan'>,
    auditor: Pick<Auditor, 'forget'>,
    findingOf: (namespace: string) => ChainFinding | undefined,
  ) {
    this.#context = context;
    this.#findingOf = findingOf;
    this.#loads = loads;
    this.#retention = new Retention(context, auditor);
    this.#examined = new Examined((plan) => planProblems(plan, context.rootNamespace));
  }

  /** Why a plan that is known now cannot be used; empty when it can. */
  readonly problemsOf = (plan: RemediationPlan): readonly Problem[] => this.#examined.problemsOf(plan);

  readonly reconcile = async (key: string): Promise<{ requeueAfterMs?: number } | void> => {
    const { kinds, isLeader } = this.#context;
    const plan = kinds.plans.get(key);
    if (plan === undefined) {
      this.#access.delete(key);
      this.#examined.forget(key);
    }
    if (!isLeader()) return;
    const orphansMs = await this.#retention.pruneOrphans(key, plan);
    if (plan === undefined) return orphansMs === undefined ? undefined : { requeueAfterMs: orphansMs };
    const draft = new Draft<RemediationPlanStatus>(plan.status ?? {}, this.#context.clock.now());
    draft.status.observedGeneration = plan.metadata.generation ?? 0;
    const remediations = this.#remediationsOf(plan);
    this.#count(draft.status, remediations);
    const changes = [
      standOf(draft, plan, this.#loads.ofPlan(plan).load),
      tellBreaker(draft, plan, remediations),
    ].filter((ms) => ms !== undefined);
    const problem = await this.#ready(draft, key, plan, remediations);
    tellOutsiders(draft, plan, this.#context.telling);
    this.#auditIntact(draft, plan);
    for (const condition of draft.status.conditions ?? [])
      condition.observedGeneration = draft.status.observedGeneration;
    if (draft.changed) await this.#save(key, plan, draft.status);
    const pruneMs = Math.min(await this.#retention.prune(plan, remediations), orphansMs ?? Infinity);
    const againMs = problem === undefined ? pruneMs : Math.min(pruneMs, checkMissingEveryMs);
    return { requeueAfterMs: Math.max(1, Math.min(againMs, ...changes.map((ms) => ms - draft.nowMs))) };
  };

  #remediationsOf({ metadata }: RemediationPlan): Remediation[] {
    const namesakes = this.#context.kinds.remediations.where(byPlanKey, `${metadata.namespace}/${metadata.name}`);
    return namesakes.filter(({ spec }) => spec.planRef.uid === metadata.uid);
  }

  #count(status: RemediationPlanStatus, remediations: readonly Remediation[]): void {
    const ended = (as: string): number =>
      remediations.filter(
        ({ spec, status: { conditions } = {} }) =>
          writes(spec.mode) && findCondition(conditions, 'Succeeded')?.status === as,
      ).length;
    status.active = remediations.filter((remediation) => !isFinished(remediation)).length;
    status.succeeded = ended('True');
    status.failed = ended('False');
  }

  async #ready(
    draft: Draft<RemediationPlanStatus>,
    key: string,
    plan: RemediationPlan,
    remediations: readonly Remediation[],
  ): Promise<object | undefined> {
    const problems = this.problemsOf(plan);
    const [first] = problems;
    if (first !== undefined) {
      const message = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
      draft.set('Ready', 'False', reasonOf(first.path), `${message}. Until that is mended, nothing is begun`);
      return first;
    }
    const missing = await this.#accessProblem(key, plan, remediations);
    if (missing === undefined)
      draft.set('Ready', 'True', 'Usable', `mode ${plan.spec.mode}; every permission its steps need is there`);
    else draft.set('Ready', missing.reason === 'NotChecked' ? 'Unknown' : 'False', missing.reason, missing.message);
    return missing;
  }

  /** Whether the records of its namespace are as they were sealed; what was said before stands until they are verified. */
  #auditIntact(draft: Draft<RemediationPlanStatus>, { metadata: { namespace = '' } }: RemediationPlan): void {
    const finding = this.#findingOf(namespace);
    if (finding === undefined) return;
    const { problem } = finding;
    if (problem === undefined)
      draft.set('AuditIntact', 'True', 'Intact', `the records of ${namespace} are as they were sealed`);
    else {
      const message = `${problem}. homeostat audit verify -n ${namespace} names all that is not as it was sealed`;
      draft.set('AuditIntact', 'False', 'Broken', clip(message));
    }
  }

  /** What the policies with a route to the plan bring to it; everything as long as there are none. */
  #targetKinds({ metadata }: RemediationPlan): readonly TargetKind[] {
    const routed = [...this.#context.kinds.policies.list()].filter(
      (policy) =>
        policy.metadata.namespace === metadata.namespace &&
        policy.spec.routes.some(({ plan }) => plan === metadata.name),
    );
    const kinds = new Set(routed.map(({ spec }) => spec.target.kind));
    return targetKinds.filter((kind) => kinds.size === 0 || kinds.has(kind));
  }

  async #accessProblem(
    key: string,
    plan: RemediationPlan,
    remediations: readonly Remediation[],
  ): Promise<AccessProblem | undefined> {
    const { api, clock, rootNamespace } = this.#context;
    const kinds = this.#targetKinds(plan);
    const asked = `${plan.metadata.generation} ${kinds.join(' ')}`;
    const known = this.#access.get(key);
    const lastsMs = known?.problem === undefined ? checkAccessEveryMs : checkMissingEveryMs;
    const isKnown = known !== undefined && known.asked === asked && clock.now() - known.atMs < lastsMs;
    // What the API server has refused since says more than what it answered before.
    if (isKnown && !remediations.some((each) => wasForbiddenSince(each, known.atMs))) return known.problem;
    const problem = await accessProblem(api, plan, rootNamespace, kinds);
    this.#access.set(key, { asked, atMs: clock.now(), problem });
    return problem;
  }

  async #save(key: string, plan: RemediationPlan, status: RemediationPlanStatus): Promise<void> {
    const { api, kinds } = this.#context;
    try {
      kinds.plans.wrote(await writeStatus(api, RemediationPlanResource, plan, status));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      kinds.plans.forget(key);
    }
  }
}
