/** The policies that a command is to judge by, applied or not, and what their routes and guards need. */
import type { DetectionPolicy as PolicyObject } from '../../crds/detection-policy.ts';
import type { Guardrail as GuardrailObject } from '../../crds/guardrail.ts';
import type { RemediationPlan as PlanObject } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { DetectionPolicy, Guardrail, RemediationPlan } from '../kube/resources.ts';
import { objectsIn } from './documents.ts';
import { exitCodes, Failure } from './exit.ts';
import { read, readIfThere } from './find.ts';
import type { Local } from './local.ts';
import { typed } from './output.ts';

export interface Given {
  readonly policies: readonly PolicyObject[];
  readonly plans: readonly PlanObject[];
  readonly guardrails: readonly GuardrailObject[];
}

/**
 * From files first, then by name from the cluster. What a file leaves open is in the namespace that kubectl would take;
 * without a cluster (`hasCluster`) that is `default`.
 */
export async function givenPolicies(
  local: Local,
  names: readonly string[],
  files: readonly string[],
  hasCluster: boolean,
): Promise<Given> {
  const namespace = local.options.namespace ?? (hasCluster ? local.session().namespace : 'default');
  const written = objectsIn(files, namespace);
  const of = <T extends KubeObject>(kind: string): T[] => written.filter((object) => object.kind === kind) as T[];
  const policies = of<PolicyObject>('DetectionPolicy');
  const plans = of<PlanObject>('RemediationPlan');
  const guardrails = of<GuardrailObject>('Guardrail');
  for (const name of names) {
    const found = await read<PolicyObject>(local.session().in(namespace), { resource: DetectionPolicy, name });
    policies.push(...typed(DetectionPolicy, [found]));
  }
  if (policies.length === 0)
    throw new Failure(exitCodes.usage, 'there is no policy: give -f FILE with a DetectionPolicy, or the name of one');
  return { policies, plans, guardrails };
}

/** Together with the plans that their routes name, and the guardrails, as far as the cluster has what no file does. */
export async function withApplied(local: Local, { policies, plans, guardrails }: Given): Promise<Given> {
  const isWritten = (rail: KubeObject): boolean =>
    guardrails.some(({ metadata }) => metadata.name === rail.metadata.name);
  const applied = await local.session().all<GuardrailObject>(Guardrail);
  const added = await plansOf(local, policies, plans);
  return {
    policies,
    plans: [...plans, ...added],
    guardrails: [...guardrails, ...applied.filter((rail) => !isWritten(rail))],
  };
}

/** The plans that routes name and that are not known yet, as far as the cluster has them. */
async function plansOf(
  local: Local,
  policies: readonly PolicyObject[],
  known: readonly PlanObject[],
): Promise<PlanObject[]> {
  const found: PlanObject[] = [];
  for (const { metadata, spec } of policies) {
    // What is wrong with a policy is told when it is put into force.
    for (const { plan } of (spec as Partial<PolicyObject['spec']> | undefined)?.routes ?? []) {
      const isKnown = [...known, ...found].some(
        (one) => one.metadata.name === plan && one.metadata.namespace === metadata.namespace,
      );
      if (plan === undefined || isKnown) continue;
      const session = local.session().in(metadata.namespace ?? '');
      const object = await readIfThere<PlanObject>(session, { resource: RemediationPlan, name: plan });
      if (object !== undefined) found.push(...typed(RemediationPlan, [object]));
    }
  }
  return found;
}
