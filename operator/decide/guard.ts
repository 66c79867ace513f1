import type { Guardrail } from '../../crds/guardrail.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { BoundAction, Change } from '../actions/action.ts';
import { readOf } from '../actions/fields.ts';
import { answerTo, readKey, unanswered, type Answer, type Live, type Read } from '../actions/live.ts';
import { contextOf } from './context.ts';
import { isRead, ownObject, workloadOf } from '../actions/subjects.ts';
import { actionOf } from '../actions/registry.ts';
import type { KubeObject } from '../kube/api.ts';
import type { World } from './decision.ts';
import { nodesOf } from './ledger.ts';
import { guardrailsFor } from './mode.ts';
import { originOf } from './origin.ts';
import { ownerReads, ownersOf, type Owner } from './owners.ts';
import { leaseRead, leasesOf, type NodeLease } from './node-lease.ts';

/** What a guard may look at. */
export interface GuardContext extends Pick<
  World,
  'nowMs' | 'settings' | 'verdict' | 'plan' | 'remediations' | 'under' | 'feedback' | 'cluster'
> {
  readonly remediation: Remediation;
  /** Those that hold for this Remediation; undefined: not known. */
  readonly guardrails: readonly Guardrail[] | undefined;
  /** The target and everything that the steps would change, as it was read. */
  readonly touched: readonly Touched[];
  /** What the steps that have not begun would change, as far as enough was read to tell. */
  readonly changes: () => readonly PlannedChange[];
  /** The leases of the nodes that the steps are about, as they were read; undefined: leases are not shared. */
  readonly leases: readonly NodeLease[] | undefined;
}

/** A change that is not made yet, and the object as it is. */
export interface PlannedChange {
  readonly change: Change;
  readonly object: KubeObject;
}

export interface Touched {
  readonly read: Read;
  readonly answer: Answer;
  /** Of a pod that a step finds on the way: whose it is. That of the target itself is among what is touched. */
  readonly owners?: readonly Owner[];
}

/** How a guard was found. */
export interface Finding {
  readonly passed: boolean;
  /** A sentence with its numbers, the same as long as nothing changes. */
  readonly message: string;
  readonly limit?: number | string | undefined;
  readonly current?: number | string | undefined;
  /** When it may pass again, if that is known. */
  readonly untilMs?: number | undefined;
  /** Where it counts, for a limit per domain: recorded with the claim, so that others count it there. */
  readonly domains?: readonly string[] | undefined;
  /** When it did not pass because others claim the same room: those others. Then it can help to keep the place in the line. */
  readonly rivals?: (() => Iterable<Remediation>) | undefined;
}

export interface Guard {
  /** As in `status.guards`. */
  readonly name: string;
  /** The reason of condition `Blocked` when this guard is the first that does not pass. */
  readonly reason: string;
  /** `Start`: asked once, before the first step. `Step`: asked before every step. */
  readonly before: 'Start' | 'Step';
  /** True for limits that others' claims count towards: when one of those ends, it may pass. */
  readonly budget?: true;
  /** True when it looks at what was read for this Remediation; the others are known without asking the API server. */
  readonly reads?: true;
  /** Of one that reads: what is found by the watches alone, where a claim that nothing was read for must say its domain. */
  unread?(context: GuardContext): Finding | undefined;
  /** Undefined: nothing asks for this guard, neither the plan nor a guardrail. */
  check(context: GuardContext): Finding | undefined;
}

export const pass = (message: string, numbers: Omit<Finding, 'passed' | 'message'> = {}): Finding => ({
  passed: true,
  message,
  ...numbers,
});
export const fail = (message: string, numbers: Omit<Finding, 'passed' | 'message'> = {}): Finding => ({
  passed: false,
  message,
  ...numbers,
});

/**
 * The target itself, the object of each step, and the workload of a pod that one of these is: what protects the one
 * protects the other.
 */
function subjectReads({ spec: { target, steps } }: Remediation): Read[] {
  const objects = [ownObject(target), ...steps.map(({ action }) => actionOf(action).subject(target))].filter(isRead);
  const workload = workloadOf(target);
  const hasPod = objects.some(({ resource }) => resource.kind === 'Pod');
  const reads = hasPod && isRead(workload) ? [...objects, workload] : objects;
  return [...new Map(reads.map((read) => [readKey(read), read])).values()];
}

/** Of a guard that the plan would have to be asked for. */
export const planGone = ({ remediation }: GuardContext): Finding =>
  fail(`RemediationPlan ${remediation.spec.planRef.name} cannot be found`);

const stateOf = ({ status }: Remediation, step: string): string =>
  status?.steps?.find(({ name }) => name === step)?.state ?? 'Pending';

/** The steps that are not over, and touch more objects than one. */
const gradualSteps = (remediation: Remediation): BoundAction[] =>
  remediation.spec.steps
    .filter(({ name }) => ['Pending', 'Prepared'].includes(stateOf(remediation, name)))
    .map(({ action }) => actionOf(action))
    .filter(({ gradual }) => gradual !== undefined);

/** What those steps would change, found in what was read. */
const touchedOnTheWay = (remediation: Remediation, live: Live): Touched[] =>
  gradualSteps(remediation).flatMap(({ gradual }) => gradual?.touched(live, remediation.spec.target) ?? []);

/** The steps that have not begun. */
const pendingSteps = (remediation: Remediation): BoundAction[] =>
  remediation.spec.steps
    .filter(({ name }) => stateOf(remediation, name) === 'Pending')
    .map(({ action, name }) => actionOf(action, originOf(remediation, name)));

/**
 * The questions whose answers the guards need: about everything that is touched, and what tells what would be changed. A
 * guard that looks at the changes would otherwise pass before the first step is planned, a place be claimed, and be given
 * back when the step is looked at, again and again.
 */
export const touchedReads = (remediation: Remediation): Read[] => [
  ...subjectReads(remediation),
  ...[...gradualSteps(remediation), ...pendingSteps(remediation)].flatMap((action) =>
    action.reads(remediation.spec.target, 'Plan'),
  ),
];

/** The questions about the owners of the pods that are found on the way, as soon as these are known. */
function ownersToRead(
  remediation: Remediation,
  world: Pick<World, 'guardrails' | 'settings' | 'cluster' | 'live'>,
): Read[] {
  const protections = (guardrailsOver(remediation, world) ?? []).flatMap(({ spec }) => spec.protect ?? []);
  const pods = touchedOnTheWay(remediation, world.live).flatMap(({ read, answer }) =>
    answer.is === 'Found' && read.resource.kind === 'Pod' ? [answer.object] : [],
  );
  return ownerReads(pods, protections, world);
}

/** The guardrails that hold for a Remediation; undefined: not known. */
export const guardrailsOver = (
  { metadata }: Remediation,
  { guardrails, settings }: Pick<World, 'guardrails' | 'settings'>,
): readonly Guardrail[] | undefined =>
  guardrails && guardrailsFor(metadata.namespace, settings.rootNamespace, guardrails);

export const guardContext = (remediation: Remediation, world: World): GuardContext => ({
  ...world,
  remediation,
  guardrails: guardrailsOver(remediation, world),
  touched: touchedIn(remediation, world),
  changes: () => changesOf(remediation, world),
  leases: world.settings.nodeLeases ? leasesOf(remediation, world.live) : undefined,
});

function changesOf(remediation: Remediation, world: World): PlannedChange[] {
  const { live } = world;
  const { spec } = remediation;
  const context = contextOf(remediation, world);
  return pendingSteps(remediation).flatMap((action) => {
    if (unanswered(action.reads(spec.target, 'Plan'), live).length > 0) return [];
    const plan = action.plan(live, context);
    if (plan.is !== 'Changes') return [];
    return plan.changes.flatMap((change) => {
      const answer = answerTo(live, readOf(change));
      return answer.is === 'Found' ? [{ change, object: answer.object }] : [];
    });
  });
}

/** All that the guards need to be read, as far as what was read already tells. */
export const guardReads = (
  remediation: Remediation,
  world: Pick<World, 'guardrails' | 'settings' | 'cluster' | 'live'>,
): Read[] => [
  ...touchedReads(remediation),
  ...ownersToRead(remediation, world),
  ...(world.settings.nodeLeases ? nodesOf(remediation).map(leaseRead) : []),
];

const touchedIn = (remediation: Remediation, world: Pick<World, 'cluster' | 'live'>): Touched[] => [
  ...subjectReads(remediation).map((read) => ({ read, answer: answerTo(world.live, read) })),
  ...touchedOnTheWay(remediation, world.live).map(({ read, answer }): Touched => {
    const isPod = answer.is === 'Found' && read.resource.kind === 'Pod';
    return { read, answer, owners: isPod ? ownersOf(answer.object, world) : [] };
  }),
];
