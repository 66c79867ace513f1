/** Guards about how many at once, how many in a stretch of time, and how many in one place: by the claims of others (budget.ts). */
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { holders } from './holders.ts';
import { domainProblem, domainOf } from './domain.ts';
import { identityOf, resolveLimit } from './budget.ts';
import { fail, pass, planGone, type Finding, type Guard, type GuardContext } from './guard.ts';
import { tightestOf } from './ceilings.ts';
import { ledgerOf, scope, type Ledger } from './ledger.ts';

type Guards = RemediationPlanSpec['guards'];
type Rate = NonNullable<Guards['maxPerWindow']>;

const unknown = 'the Remediations could not be listed';

/** Whether a scope has room for one more at once. */
function level(context: GuardContext, what: string, limit: number | undefined, of: string): Finding {
  const { remediation, remediations } = context;
  if (remediations === undefined) return fail(unknown);
  if (limit === undefined)
    return fail(`the limit of ${what} cannot be computed: how many targets there are is not known`);
  const group = ledgerOf(remediations).group(of);
  const current = group.countOthers(remediation);
  const message = `${current} of ${limit} ${what} are running`;
  if (current < limit) return pass(message, { limit, current });
  const rivals = (): Iterable<Remediation> => group.others(remediation);
  return fail(`${message}${holders(remediation, rivals(), current)}`, { limit, current, rivals });
}

/** Whether one more may begin in this stretch of time: those count that have begun in it, and those that are about to. */
function rate(context: GuardContext, what: string, { count, seconds }: Rate, of: string): Finding {
  const { remediation, remediations, nowMs } = context;
  if (remediations === undefined) return fail(unknown);
  const group = ledgerOf(remediations).group(of);
  const starts = group.startsAfter(nowMs - seconds * 1000);
  const current = starts + group.countReserved(remediation);
  const limit = `${count} in ${seconds} s`;
  const message = `${current} of ${count} ${what} have begun, or are about to, within ${seconds} s`;
  if (current < count) return pass(message, { limit, current });
  const reserved = (): Iterable<Remediation> => group.reserved(remediation);
  const last = starts < count ? undefined : group.lastStart(count);
  // As long as enough have begun, only time helps; otherwise it is between those who wait for the same place.
  return last === undefined
    ? fail(`${message}${holders(remediation, reserved(), group.countReserved(remediation))}`, {
        limit,
        current,
        rivals: reserved,
      })
    : fail(message, { limit, current, untilMs: last + seconds * 1000 + 1 });
}

/** Whether the place of the target has room for one more; `guard` is under whose name claims record their place. */
function place(
  context: GuardContext,
  what: string,
  { key, limit, of, guard }: { key: string; limit: number; of: string; guard: string },
): Finding {
  const { remediation, remediations } = context;
  if (remediations === undefined) return fail(unknown);
  const domain = domainOf(context, key);
  if ('problem' in domain) return fail(domain.problem);
  const moved = domainProblem(remediation, guard, domain.domain, key);
  if (moved !== undefined) return fail(moved, { limit, domains: [domain.domain] });
  const { current, rivals } = inDomain(ledgerOf(remediations), context, { of, guard, key, domain: domain.domain });
  const numbers = { limit, current, domains: [domain.domain] };
  const message = `${current} of ${limit} ${what} are running where ${domain.domain}`;
  if (current < limit) return pass(message, numbers);
  return fail(`${message}${holders(remediation, rivals(), current)}`, { ...numbers, rivals });
}

/** The claims of others in a domain; one that did not record where it counts, counts everywhere. */
function inDomain(
  ledger: Ledger,
  { remediation }: GuardContext,
  { of, guard, key, domain }: { of: string; guard: string; key: string; domain: string },
): { readonly current: number; readonly rivals: () => Iterable<Remediation> } {
  const all = ledger.group(of);
  const placed = ledger.group(scope.domain(of, guard, key));
  const here = ledger.group(scope.domain(of, guard, domain));
  const unplaced = all.countOthers(remediation) - placed.countOthers(remediation);
  return {
    current: unplaced + here.countOthers(remediation),
    *rivals() {
      yield* here.others(remediation);
      if (unplaced === 0) return;
      for (const other of all.others(remediation)) if (!placed.claims.has(identityOf(other))) yield other;
    },
  };
}

const planScope = ({ remediation: { metadata, spec } }: GuardContext): string =>
  scope.plan(metadata.namespace ?? '', spec.planRef.name);

/** What a guardrail counts: everything, or what is in its namespace; of one kind of target where it says so. */
const guardrailScope = ({ settings, remediation }: GuardContext, guardrail: Guardrail, ofKind = false): string => {
  const kind = ofKind ? remediation.spec.target.kind : undefined;
  const { namespace = '' } = guardrail.metadata;
  return namespace === settings.rootNamespace ? scope.all(kind) : scope.namespace(namespace, kind);
};

const under = ({ metadata }: Guardrail): string => `remediations under Guardrail ${metadata.name}`;

const onePerTarget: Guard = {
  name: 'onePerTarget',
  reason: 'TargetBusy',
  before: 'Start',
  budget: true,
  check: (context) => level(context, 'remediations of this target', 1, scope.target(context.remediation.spec.target)),
};

const maxConcurrent: Guard = {
  name: 'maxConcurrent',
  reason: 'MaxConcurrent',
  before: 'Start',
  budget: true,
  check(context) {
    const { plan } = context;
    if (plan === undefined) return planGone(context);
    const limit = resolveLimit(plan.spec.guards.maxConcurrent, plan.matchedTargets);
    return level(context, 'remediations of this plan', limit, planScope(context));
  },
};

/** A share is of the targets of one kind, and counts what is done to targets of that kind; a number counts everything. */
const maxConcurrentOverall: Guard = {
  name: 'maxConcurrentOverall',
  reason: 'MaxConcurrent',
  before: 'Start',
  budget: true,
  check: (context) =>
    tightestOf(context, ({ spec: { maxConcurrent: limit } }, guardrail) => {
      if (limit === undefined) return undefined;
      const isShare = typeof limit !== 'number';
      const { kind } = context.remediation.spec.target;
      const total = isShare ? context.under?.(guardrail, kind).matchedTargets : undefined;
      const what = isShare ? `${under(guardrail)} for targets of kind ${kind}` : under(guardrail);
      return level(context, what, resolveLimit(limit, total), guardrailScope(context, guardrail, isShare));
    }),
};

const maxPerWindow: Guard = {
  name: 'maxPerWindow',
  reason: 'RateLimited',
  before: 'Start',
  budget: true,
  check(context) {
    const { plan } = context;
    if (plan === undefined) return planGone(context);
    const limit = plan.spec.guards.maxPerWindow;
    return limit && rate(context, 'remediations of this plan', limit, planScope(context));
  },
};

const maxPerWindowOverall: Guard = {
  name: 'maxPerWindowOverall',
  reason: 'RateLimited',
  before: 'Start',
  budget: true,
  check: (context) =>
    tightestOf(
      context,
      ({ spec: { maxPerWindow: limit } }, guardrail) =>
        limit && rate(context, under(guardrail), limit, guardrailScope(context, guardrail)),
    ),
};

const perTopology: Guard = {
  name: 'perTopology',
  reason: 'TopologyBusy',
  before: 'Start',
  budget: true,
  check(context) {
    const { plan } = context;
    if (plan === undefined) return planGone(context);
    const limit = plan.spec.guards.perTopology;
    if (limit === undefined) return undefined;
    const { key, maxConcurrent } = limit;
    const given = { key, limit: maxConcurrent, of: planScope(context), guard: 'perTopology' };
    return place(context, 'remediations of this plan', given);
  },
};

const perTopologyOverall: Guard = {
  name: 'perTopologyOverall',
  reason: 'TopologyBusy',
  before: 'Start',
  budget: true,
  check: (context) =>
    tightestOf(context, ({ spec: { perTopology: limit } }, guardrail) => {
      if (limit === undefined) return undefined;
      const { key, maxConcurrent } = limit;
      const of = guardrailScope(context, guardrail);
      return place(context, under(guardrail), { key, limit: maxConcurrent, of, guard: 'perTopologyOverall' });
    }),
};

export const budgetGuards: readonly Guard[] = [
  onePerTarget,
  maxConcurrent,
  maxConcurrentOverall,
  maxPerWindow,
  maxPerWindowOverall,
  perTopology,
  perTopologyOverall,
];
