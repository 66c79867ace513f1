import type { GuardrailSpec } from '../../../crds/guardrail.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { PolicyInForce } from '../../controllers/detection-policy/policies.ts';
import { parseTime } from '../../kube/time.ts';
import type { Replica } from '../replica.ts';
import type { RuleMaker } from '../rule.ts';
import { rootNamespace } from '../slots.ts';
import { begins, isRunning } from './one-per-target.ts';
import { resolved } from './share.ts';

interface Limit {
  readonly of: string;
  readonly most: number;
  readonly counts: (other: Remediation) => boolean;
  /** A rate: those count that have begun in so many seconds, running or not. */
  readonly seconds?: number;
}

/** Dates of processes differ by so much at most. */
const skewMs = 13_000;

/** 2. No budget is exceeded: by the limits that the process knew which sent the write. */
export const budgets: RuleMaker = () => {
  const limitsAtStart = new Map<string, Limit[]>();
  return {
    name: '2 budgets',
    ownWrite: ({ replica, before, after }) => {
      if (begins(before, after)) limitsAtStart.set(after.metadata.uid ?? '', limitsOf(replica, after));
      return undefined;
    },
    commit: ({ change }, history) => {
      if (change.resource.kind !== 'Remediation' || change.type === 'DELETED') return undefined;
      const self = change.object as Remediation;
      if (!begins(change.old as Remediation | undefined, self)) return undefined;
      const all = [...history.remediations.values()].filter((each) => each.metadata.uid !== self.metadata.uid);
      const running = all.filter(isRunning);
      const startMs = parseTime(self.status?.startedTime) ?? 0;
      for (const { of, most, counts, seconds } of limitsAtStart.get(self.metadata.uid ?? '') ?? []) {
        const hasBegun = (other: Remediation): boolean =>
          (parseTime(other.status?.startedTime) ?? -Infinity) > startMs + skewMs - (seconds ?? 0) * 1000;
        const others = (seconds === undefined ? running : all.filter(hasBegun)).filter(counts);
        if (others.length + 1 > most)
          return `${self.metadata.name} begins as the ${others.length + 1}. of ${most} ${of}, beside ${others.map(({ metadata }) => metadata.name).join(', ')}`;
      }
      return undefined;
    },
  };
};

function limitsOf(replica: Replica, self: Remediation): Limit[] {
  const { kinds } = replica.context;
  const { namespace = '' } = self.metadata;
  const plan = kinds.plans.get(`${namespace}/${self.spec.planRef.name}`);
  const isOfPlan = (other: Remediation): boolean =>
    other.metadata.namespace === namespace && other.spec.planRef.name === self.spec.planRef.name;
  const leadsToPlan = ({ policy: { metadata, spec } }: PolicyInForce): boolean =>
    metadata.namespace === namespace && spec.routes.some((route) => route.plan === self.spec.planRef.name);
  const ofPlan =
    plan === undefined
      ? []
      : limits(plan.spec.guards, {
          total: matchedTargets(replica, leadsToPlan),
          whose: `plan ${plan.metadata.name}`,
          counts: isOfPlan,
          countsAtOnce: isOfPlan,
        });
  const ofGuardrails = [...kinds.guardrails.list()].flatMap(({ metadata, spec }): Limit[] => {
    const isRoot = metadata.namespace === rootNamespace;
    if (!isRoot && metadata.namespace !== namespace) return [];
    // A share is of the targets of one kind, and what is done to that kind counts; a number is of everything.
    const kind = typeof spec.maxConcurrent === 'string' ? self.spec.target.kind : undefined;
    const isUnder = (inNamespace: string | undefined): boolean => isRoot || inNamespace === metadata.namespace;
    return limits(spec, {
      total: matchedTargets(
        replica,
        ({ policy }) => isUnder(policy.metadata.namespace) && policy.spec.target.kind === self.spec.target.kind,
      ),
      whose: `Guardrail ${metadata.name}`,
      counts: (other) => isUnder(other.metadata.namespace),
      countsAtOnce: (other) =>
        isUnder(other.metadata.namespace) && (kind ?? other.spec.target.kind) === other.spec.target.kind,
    });
  });
  return [...ofPlan, ...ofGuardrails];
}

/** Of whom limits are, and what counts. */
interface Scope {
  readonly total: number;
  readonly whose: string;
  readonly counts: Limit['counts'];
  readonly countsAtOnce: Limit['counts'];
}

function limits(
  { maxConcurrent, maxPerWindow }: Pick<GuardrailSpec, 'maxConcurrent' | 'maxPerWindow'>,
  { total, whose, counts, countsAtOnce }: Scope,
): Limit[] {
  const level =
    maxConcurrent === undefined
      ? []
      : [{ of: `at once under ${whose}`, most: resolved(maxConcurrent, total), counts: countsAtOnce }];
  if (maxPerWindow === undefined) return level;
  const { count: most, seconds } = maxPerWindow;
  return [...level, { of: `in ${seconds} s under ${whose}`, most, seconds, counts }];
}

/** The targets of policies, each once. */
function matchedTargets({ policies, engine }: Replica, isCounted: (policy: PolicyInForce) => boolean): number {
  const keys = new Set<string>();
  for (const policy of policies.list())
    if (isCounted(policy)) for (const { target } of engine.verdicts(policy.compiled.id)) keys.add(target.key);
  return keys.size;
}
