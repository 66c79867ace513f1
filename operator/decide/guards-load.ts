/** Guards about how things stand around the target: whether it is one of very many, and how much is healthy besides it. */
import { limitOf } from '../../crds/quantity.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { hasBegun } from './budget.ts';
import { tightestOf } from './ceilings.ts';
import { claimedNodes } from './claimed-nodes.ts';
import type { Load, StormRecord } from './decision.ts';
import { fail, pass, planGone, type Finding, type Guard, type GuardContext } from './guard.ts';
import { ledgerOf, nodesOf, scope } from './ledger.ts';
import { stormAt, type StormLimits } from './storm.ts';
import { toTime } from './time.ts';

function calm(
  { verdict, nowMs }: GuardContext,
  what: string,
  limits: StormLimits,
  load: Load | undefined,
  before: StormRecord | undefined,
): Finding {
  const { is, message, limit, firing, untilMs } = stormAt(limits, load, before, nowMs);
  const numbers = { limit, current: firing };
  if (is !== 'Calm') return fail(`${what}: nothing is done because ${message}`, { ...numbers, untilMs });
  const seenMs = verdict.sinceMs + limits.observeSeconds * 1000;
  if (verdict.state === 'Firing' && seenMs > nowMs)
    return fail(`${what}: whether it is one of many is seen at ${toTime(seenMs)}`, { ...numbers, untilMs: seenMs });
  return pass(`${what}: ${message}`, numbers);
}

const storm: Guard = {
  name: 'storm',
  reason: 'Storm',
  before: 'Step',
  check(context) {
    const { plan } = context;
    if (plan === undefined) return planGone(context);
    const limits = plan.spec.guards.storm;
    return limits && calm(context, 'the targets of this plan', limits, plan.load, plan.storm);
  },
};

const stormOverall: Guard = {
  name: 'stormOverall',
  reason: 'Storm',
  before: 'Step',
  check: (context) =>
    tightestOf(context, ({ spec, status }, guardrail) => {
      if (spec.storm === undefined) return undefined;
      const { kind } = context.remediation.spec.target;
      const what = `${kind} targets under Guardrail ${guardrail.metadata.name}`;
      return calm(context, what, spec.storm, context.under?.(guardrail, kind).load, stormOf(status, kind));
    }),
};

/** A guardrail keeps its storms by kind of target. */
const stormOf = (
  status: { storms?: { kind: string; since: string; until?: string }[] } | undefined,
  kind: string,
): StormRecord | undefined => status?.storms?.find((one) => one.kind === kind);

interface Around {
  readonly healthy: number;
  readonly total: number;
  readonly what: string;
  /** How much more would be without those that claim some of it and have not begun. */
  readonly reserved: number;
  readonly rivals: () => readonly Remediation[];
}

/** What is healthy besides the target, of how much; or why that cannot be told. */
function besides(context: GuardContext): Around | string {
  const { remediation, remediations, cluster, plan } = context;
  if (remediations === undefined) return 'the Remediations could not be listed';
  if (cluster === undefined) return 'how much is healthy is not known';
  const ledger = ledgerOf(remediations);
  const own = nodesOf(remediation);
  const { target } = remediation.spec;
  if (own.length > 0 || target.kind === 'Node') {
    const { healthy, total } = cluster.health(plan?.nodes);
    const touched = [...new Set([...own, ...(target.kind === 'Node' ? [target.name] : [])])];
    const claimed = claimedNodes(ledger, cluster, plan?.nodes);
    const { touched: less, reserved } = claimed.count(touched);
    const rivals = (): readonly Remediation[] => claimed.rivals(remediation, touched);
    return { healthy: healthy - less, total, what: 'other nodes', reserved, rivals };
  }
  const { workload } = target;
  if (workload === undefined) return `${target.name} belongs to no workload`;
  const pods = cluster.workload(workload.uid);
  if (pods === undefined) return `how many pods of ${workload.kind} ${workload.name} are available is not known`;
  // What another one claims and is healthy yet may be gone in a moment.
  const others = [...ledger.group(scope.workload(workload.uid)).others(remediation)];
  const taken = others.filter(({ spec }) => spec.target.kind !== 'Workload' && cluster.isPodHealthy(spec.target.uid));
  const itself = target.kind !== 'Workload' && cluster.isPodHealthy(target.uid) ? 1 : 0;
  const uids = new Set(taken.map(({ spec }) => spec.target.uid));
  uids.delete(target.uid);
  return {
    healthy: pods.healthy - uids.size - itself,
    total: pods.total,
    what: `other pods of ${workload.name}`,
    reserved: taken.filter(waits).length,
    rivals: () => taken.filter(waits),
  };
}

const waits = (remediation: Remediation): boolean => !hasBegun(remediation);

/** A share is rounded up, as a PodDisruptionBudget rounds `minAvailable`. */
function enough(limit: number | string, around: Around | string, by: string): Finding {
  if (typeof around === 'string') return fail(`minHealthy of ${by} cannot be checked: ${around}`);
  const { healthy, total, what, reserved, rivals } = around;
  const wanted = limitOf(limit, total, 'Up');
  if (wanted === undefined) return fail(`minHealthy of ${by} cannot be checked: ${limit} is no limit`);
  const message = `${healthy} ${what} of ${total} are healthy, ${by} wants ${wanted}`;
  const numbers = { limit: wanted, current: healthy };
  if (healthy >= wanted) return pass(message, numbers);
  // With those that only wait for their turn put aside it would do: then it is a matter of who came first.
  return fail(message, { ...numbers, rivals: healthy + reserved >= wanted ? rivals : undefined });
}

/** The plan's and all guardrails' `minHealthy`: the one that wants most is shown. */
const minHealthy: Guard = {
  name: 'minHealthy',
  reason: 'TooFewHealthy',
  before: 'Step',
  budget: true,
  check(context) {
    const { plan, guardrails } = context;
    if (plan === undefined) return planGone(context);
    if (guardrails === undefined) return fail('the guardrails could not be read');
    const limits = [
      { limit: plan.spec.guards.minHealthy, by: 'the plan' },
      ...guardrails.map(({ metadata, spec }) => ({ limit: spec.minHealthy, by: `Guardrail ${metadata.name}` })),
    ];
    if (limits.every(({ limit }) => limit === undefined)) return undefined;
    const around = besides(context);
    const findings = limits.flatMap(({ limit, by }) => (limit === undefined ? [] : enough(limit, around, by)));
    return (
      findings.find(({ passed }) => !passed) ??
      findings.toSorted((a, b) => Number(b.limit ?? 0) - Number(a.limit ?? 0))[0]
    );
  },
};

export const loadGuards: readonly Guard[] = [storm, stormOverall, minHealthy];
