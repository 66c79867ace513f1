/** How many targets there are under a plan or a guardrail, and how many of them fire: what shares are of. */
import type { Guardrail } from '../../crds/guardrail.ts';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { TargetKind } from '../../crds/references.ts';
import type { Target } from '../../engine/evaluate/target.ts';
import type { VerdictState } from '../../engine/evaluate/verdict.ts';
import type { GuardrailFacts, Load, PlanFacts } from '../decide/decision.ts';
import type { Clock } from '../kube/clock.ts';
import { keyOf } from '../kube/store.ts';
import type { Policies, PolicyInForce } from './detection-policy/policies.ts';

export interface LoadsOptions {
  readonly policies: Pick<Policies, 'list'>;
  readonly counts: (policyId: string) => Readonly<Record<VerdictState, number>>;
  readonly targets: (policyId: string) => Iterable<Target>;
  readonly isLive: () => boolean;
  readonly clock: Clock;
  readonly rootNamespace: string;
}

/**
 * Counting each target once is a walk over all of them: it serves for so long, unless a policy has more or fewer by then.
 * What fires is counted anew each time.
 */
const countedForMs = 5000;

interface Counted {
  readonly atMs: number;
  /** How many targets each of the policies had. */
  readonly ofEach: readonly number[];
  readonly targets: number;
  readonly nodes: ReadonlySet<string> | undefined;
}

export class Loads {
  readonly #options: LoadsOptions;
  readonly #counted = new Map<string, Counted>();

  constructor(options: LoadsOptions) {
    this.#options = options;
  }

  /** Of all policies with a route to the plan. */
  ofPlan(plan: RemediationPlan): Pick<PlanFacts, 'matchedTargets' | 'nodes' | 'load'> {
    const policies = this.#policiesOf(plan);
    const { targets, nodes } = this.#count(`plan ${keyOf(plan)}`, policies);
    return { matchedTargets: targets, nodes, load: this.#load(policies) };
  }

  /** Of all policies in the namespace of the guardrail, or everywhere, that are about such targets. */
  under(guardrail: Guardrail, kind: TargetKind): GuardrailFacts {
    const { namespace } = guardrail.metadata;
    const isRoot = namespace === this.#options.rootNamespace;
    const policies = this.#policies(
      ({ policy }) => policy.spec.target.kind === kind && (isRoot || policy.metadata.namespace === namespace),
    );
    const { targets } = this.#count(`under ${isRoot ? '' : namespace} ${kind}`, policies);
    return { matchedTargets: targets, load: this.#load(policies) };
  }

  /** The UIDs of the workloads that targets of the policies with a route to one of these plans are, or belong to. */
  workloadsOf(plans: Iterable<RemediationPlan>): Set<string> {
    const uids = new Set<string>();
    for (const plan of plans)
      for (const { compiled } of this.#policiesOf(plan))
        for (const target of this.#options.targets(compiled.id))
          if (target.workload !== undefined) uids.add(target.workload.uid);
    return uids;
  }

  /** The kinds of targets that policies under a guardrail are about. */
  kindsUnder({ metadata: { namespace } }: Guardrail): TargetKind[] {
    const isRoot = namespace === this.#options.rootNamespace;
    const policies = this.#policies(({ policy }) => isRoot || policy.metadata.namespace === namespace);
    return [...new Set(policies.map(({ policy }) => policy.spec.target.kind))];
  }

  #policiesOf({ metadata: { name, namespace } }: RemediationPlan): PolicyInForce[] {
    return this.#policies(
      ({ policy }) =>
        policy.metadata.namespace === namespace && policy.spec.routes.some((route) => route.plan === name),
    );
  }

  #policies(wanted: (policy: PolicyInForce) => boolean): PolicyInForce[] {
    return [...this.#options.policies.list()].filter(wanted);
  }

  #load(policies: readonly PolicyInForce[]): Load | undefined {
    if (!this.#options.isLive()) return undefined;
    const load = { matched: 0, firing: 0 };
    for (const { compiled } of policies) {
      const counts = this.#options.counts(compiled.id);
      load.firing += counts.Firing + counts.Clearing;
      load.matched += sum(counts);
    }
    return load;
  }

  /** Each target once, whatever number of policies select it. */
  #count(key: string, policies: readonly PolicyInForce[]): Counted {
    const nowMs = this.#options.clock.now();
    const known = this.#counted.get(key);
    const ofEach = policies.map(({ compiled }) => sum(this.#options.counts(compiled.id)));
    const isAsKnown = ofEach.length === known?.ofEach.length && ofEach.every((count, i) => count === known.ofEach[i]);
    if (isAsKnown && nowMs >= known.atMs && nowMs - known.atMs < countedForMs) return known;
    const keys = new Set<string>();
    const nodes = new Set<string>();
    for (const { compiled } of policies)
      for (const target of this.#options.targets(compiled.id)) {
        keys.add(target.key);
        if (target.kind === 'Node') nodes.add(target.name);
      }
    const counted = { atMs: nowMs, ofEach, targets: keys.size, nodes: nodes.size === 0 ? undefined : nodes };
    this.#counted.set(key, counted);
    return counted;
  }
}

const sum = (counts: Readonly<Record<VerdictState, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
