/** Lets go of old Remediations: of a plan by its own limits, of plans that are gone by limits of ours. */
import type { Remediation } from '../../../crds/remediation.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { guardrailsFor } from '../../decide/mode.ts';
import { Remediation as RemediationResource } from '../../kube/resources.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { Context } from '../context.ts';
import { letGo, mostAtOnce, nextAfterMs } from '../letting-go.ts';
import { byPlanKey } from '../look-ups.ts';
import { outdated, type HistoryFacts } from './history.ts';

/** Finished Remediations that are kept under the name of a plan that is gone: as many as the default of a plan. */
export const orphansKept = 10;
/** And for so long: nobody is there any more to say that it should be longer. */
export const orphansKeptSeconds = 30 * 86_400;

/** Records that only time lets go of are looked at so often. */
export const pruneEveryMs = 60_000;

export class Retention {
  readonly #context: Context;
  readonly #auditor: Pick<Auditor, 'forget'>;

  constructor(context: Context, auditor: Pick<Auditor, 'forget'>) {
    this.#context = context;
    this.#auditor = auditor;
  }

  /** Deletes what a plan does not keep of its Remediations; answers in how many milliseconds it should be asked again. */
  async prune(plan: RemediationPlan, remediations: readonly Remediation[]): Promise<number> {
    const { historyLimit, historyMaxAgeSeconds, guards } = plan.spec;
    const { namespace = '' } = plan.metadata;
    return this.#forget(namespace, {
      remediations,
      historyLimit,
      historyMaxAgeSeconds,
      rememberSeconds: Math.max(
        guards.cooldownSeconds,
        guards.backoff?.maxSeconds ?? 0,
        guards.maxPerWindow?.seconds ?? 0,
        this.#windowSeconds(namespace),
      ),
      keepsLastHelped: guards.breaker !== undefined,
    });
  }

  /**
   * Deletes what is not kept of the Remediations of plans that had this key (`namespace/name`) and are gone; `plan` is the
   * one that has it now. Answers in how many milliseconds it should be asked again, if there are any.
   */
  async pruneOrphans(key: string, plan: RemediationPlan | undefined): Promise<number | undefined> {
    const namesakes = this.#context.kinds.remediations.where(byPlanKey, key);
    const remediations = namesakes.filter(({ spec: { planRef } }) => planRef.uid !== plan?.metadata.uid);
    if (remediations.length === 0) return undefined;
    const [namespace = ''] = key.split('/', 1);
    return this.#forget(namespace, {
      remediations,
      historyLimit: orphansKept,
      historyMaxAgeSeconds: orphansKeptSeconds,
      rememberSeconds: this.#windowSeconds(namespace),
      keepsLastHelped: false,
    });
  }

  /** So long a start may count for a guardrail. */
  #windowSeconds(namespace: string): number {
    const { kinds, rootNamespace } = this.#context;
    const guardrails = guardrailsFor(namespace, rootNamespace, [...kinds.guardrails.list()]);
    return Math.max(0, ...guardrails.map(({ spec }) => spec.maxPerWindow?.seconds ?? 0));
  }

  async #forget(namespace: string, facts: Omit<HistoryFacts, 'incidentOf' | 'nowMs'>): Promise<number> {
    const { kinds, clock } = this.#context;
    const all = outdated({
      ...facts,
      incidentOf: ({ metadata, spec }) => kinds.incidents.get(`${metadata.namespace}/${spec.incidentRef.name}`),
      nowMs: clock.now(),
    });
    const old = all.slice(0, mostAtOnce);
    if (old.length === 0) return pruneEveryMs;
    // The chain says first that they go; else they would be missing from it.
    await this.#auditor.forget(namespace, old);
    await letGo(this.#context, RemediationResource, old, facts.historyLimit);
    return all.length > old.length ? nextAfterMs : pruneEveryMs;
  }
}
