/**
 * The policies in force. A policy that cannot be used changes nothing: the last version that could goes on judging, and
 * the answer says which field is wrong.
 */
import { complete } from '../../../crds/validate.ts';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { compilePolicy, type CompiledPolicy } from '../../../engine/evaluate/compile.ts';
import type { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import type { Scoring } from '../../../engine/evaluate/scoring.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import type { Target } from '../../../engine/evaluate/target.ts';
import { selects } from '../../decide/selector.ts';
import { keyOf } from '../../kube/store.ts';
import type { PolicyFacts } from '../judge.ts';

/** A policy and the version of it that judges. */
export interface PolicyInForce {
  /** As it was when it was put into force. */
  readonly policy: DetectionPolicy;
  readonly compiled: CompiledPolicy;
  readonly generation: number;
}

export interface PoliciesOptions {
  readonly evaluator: Pick<Evaluator, 'setPolicy' | 'removePolicy'>;
  readonly rootNamespace: string;
  /** Told of each policy that comes into force. */
  readonly onInForce?: (policy: CompiledPolicy) => void;
  /** Labels of a namespace; undefined when there is no such namespace. */
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>> | undefined;
}

export class Policies implements PolicyFacts {
  readonly #options: PoliciesOptions;
  readonly #uids = new Map<string, string>();
  readonly #inForce = new Map<string, PolicyInForce>();

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  /** Puts a version of a policy into force, or says why it cannot be. */
  put(policy: DetectionPolicy): readonly Problem[] {
    const key = keyOf(policy);
    const { uid = key, generation = 1 } = policy.metadata;
    if (this.#uids.get(key) !== uid) this.remove(key);
    this.#uids.set(key, uid);
    if (this.#inForce.get(uid)?.generation === generation) return [];
    const { object, problems } = complete('DetectionPolicy', policy);
    if (problems.length > 0) return problems;
    const misplaced = outOfReach(object, this.#options.rootNamespace);
    if (misplaced.length > 0) return misplaced;
    const compilation = compilePolicy(uid, String(generation), object.spec);
    if ('problems' in compilation) return compilation.problems;
    this.#inForce.set(uid, { policy: object, compiled: compilation.policy, generation });
    this.#options.evaluator.setPolicy(compilation.policy, this.#matcher(object));
    this.#options.onInForce?.(compilation.policy);
    return [];
  }

  /** Ends a policy by its key; answers the UID it had. */
  remove(key: string): string | undefined {
    const uid = this.#uids.get(key);
    if (uid === undefined) return undefined;
    this.#uids.delete(key);
    if (this.#inForce.delete(uid)) this.#options.evaluator.removePolicy(uid);
    return uid;
  }

  /** Asks anew whom the policies with a namespace selector select, after the labels of a namespace changed. */
  rematch(): void {
    for (const { policy, compiled } of this.#inForce.values())
      if (policy.spec.target.namespaceSelector !== undefined)
        this.#options.evaluator.setPolicy(compiled, this.#matcher(policy));
  }

  /** The version that judges, by UID; undefined when none does. */
  get(uid: string): PolicyInForce | undefined {
    return this.#inForce.get(uid);
  }

  list(): IterableIterator<PolicyInForce> {
    return this.#inForce.values();
  }

  /** What they want agents to score. */
  *scorings(): Iterable<Scoring> {
    for (const { compiled } of this.#inForce.values())
      for (const { scoring } of compiled.signals) if (scoring !== undefined) yield scoring;
  }

  /** The metrics they read. */
  *metrics(): Iterable<string> {
    for (const { compiled } of this.#inForce.values()) for (const { metric } of compiled.signals) yield metric.name;
  }

  state(uid: string): ReturnType<PolicyFacts['state']> {
    const inForce = this.#inForce.get(uid);
    if (inForce !== undefined) return inForce.policy.spec.mode === 'Observe' ? 'Observes' : 'InForce';
    for (const known of this.#uids.values()) if (known === uid) return 'Broken';
    return 'Deleted';
  }

  /** Objects of the root namespace reach everything, the others their own namespace. */
  #matcher({ metadata, spec: { target } }: DetectionPolicy): (candidate: Target) => boolean {
    const { rootNamespace, namespaceLabels } = this.#options;
    const { selector = {}, namespaceSelector, container } = target;
    const isRoot = metadata.namespace === rootNamespace;
    return (candidate) => {
      if (candidate.kind !== target.kind) return false;
      if (!isRoot && candidate.namespace !== metadata.namespace) return false;
      if (container !== undefined && candidate.container !== container) return false;
      if (namespaceSelector !== undefined) {
        const labels = namespaceLabels(candidate.namespace);
        if (labels === undefined || !selects(namespaceSelector, labels)) return false;
      }
      return selects(selector, candidate.labels);
    };
  }
}

/** What a policy asks for that only one of the root namespace may have. */
function outOfReach({ metadata, spec: { target } }: DetectionPolicy, rootNamespace: string): Problem[] {
  if (metadata.namespace === rootNamespace) return [];
  const only = `is only possible in the operator's own namespace, ${rootNamespace}: move the policy there`;
  return [
    ...(target.kind === 'Node' ? [{ path: 'spec.target.kind', message: `Node ${only}` }] : []),
    ...(target.namespaceSelector === undefined ? [] : [{ path: 'spec.target.namespaceSelector', message: only }]),
  ];
}
