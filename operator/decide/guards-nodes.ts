/** Guards about nodes and about what others do: the control plane, other controllers, the Leases they share. */
import type { Remediation } from '../../crds/remediation.ts';
import { readOf } from '../actions/fields.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import { gitOpsManagerOf } from '../actions/gitops.ts';
import { takenBy } from '../actions/others.ts';
import { isControlPlane } from './control-plane.ts';
import { domainProblem } from './domain.ts';
import { fail, pass, planGone, type Finding, type Guard, type GuardContext } from './guard.ts';
import { ledgerOf, nodesOf, scope } from './ledger.ts';
import { holderOf, holding } from './node-lease.ts';

interface NodeLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The nodes that are touched, as they were read; or which of them could not be. */
function touchedNodes({ touched }: GuardContext): NodeLabels[] | Finding {
  const nodes = touched.filter(({ read }) => read.resource.kind === 'Node');
  const dark = nodes.find(({ answer }) => answer.is === 'Unreadable');
  if (dark !== undefined) return fail(`${describeRead(dark.read)} could not be read`);
  return nodes.flatMap(({ answer }) =>
    answer.is === 'Found' ? [{ name: answer.object.metadata.name, labels: answer.object.metadata.labels ?? {} }] : [],
  );
}

/** The same as the watch tells of them. */
function watchedNodes({ remediation, cluster }: GuardContext): NodeLabels[] | Finding {
  const { target } = remediation.spec;
  const names = [...new Set([...nodesOf(remediation), ...(target.kind === 'Node' ? [target.name] : [])])];
  const nodes = names.flatMap((name) => cluster?.node(name) ?? []);
  return nodes.length === names.length ? nodes : fail('a node that is touched is not known');
}

/** Where a claim counts for the guard of the control plane. */
const key = 'controlPlane';
const ours = `${key}=True`;

/** Its members decide by majority: while one is worked on or not healthy, another one is left alone. */
const controlPlane: Guard = {
  name: 'controlPlane',
  reason: 'ControlPlaneBusy',
  before: 'Start',
  budget: true,
  reads: true,
  unread: (context) => oneAtATime(context, watchedNodes(context)),
  check: (context) => oneAtATime(context, touchedNodes(context)),
};

function oneAtATime(
  { remediation, remediations, cluster }: GuardContext,
  nodes: NodeLabels[] | Finding,
): Finding | undefined {
  if (!Array.isArray(nodes)) return nodes;
  if (nodes.length === 0) return undefined;
  const own = nodes.filter(isControlPlane).map(({ name }) => name);
  const domain = own.length > 0 ? ours : `${key}=False`;
  const domains = [domain];
  const moved = domainProblem(remediation, 'controlPlane', domain, key);
  if (moved !== undefined) return fail(moved, { domains });
  if (own.length === 0) return pass('no node of the control plane is touched', { domains });
  if (own.length > 1) return fail(`${own.join(' and ')} are both of the control plane`, { domains });
  if (remediations === undefined) return fail('the Remediations could not be listed', { domains });
  if (cluster === undefined) return fail('how the nodes of the control plane are is not known', { domains });
  const ill = cluster.controlPlane().filter(({ name, healthy }) => !healthy && !own.includes(name));
  if (ill.length > 0)
    return fail(`of the control plane ${ill.map(({ name }) => name).join(', ')} is not healthy or cordoned`, {
      domains,
    });
  const rivals = [...ledgerOf(remediations).group(scope.all()).others(remediation)].filter(isAtControlPlane);
  const numbers = { limit: 1, current: rivals.length, domains };
  return rivals.length === 0
    ? pass('no other node of the control plane is worked on', numbers)
    : fail(`${rivals[0]?.metadata.name} works on a node of the control plane`, { ...numbers, rivals: () => rivals });
}

/** By the record of its claim; one that works on a node and has not recorded of which kind counts as well. */
function isAtControlPlane(claim: Remediation): boolean {
  const recorded = claim.status?.guards?.find(({ name }) => name === 'controlPlane')?.domains;
  return recorded === undefined ? nodesOf(claim).length > 0 : recorded.includes(ours);
}

/** What another controller is taking away, or would put back, is left to it. */
const ownedByOthers: Guard = {
  name: 'ownedByOthers',
  reason: 'OwnedByOthers',
  before: 'Step',
  reads: true,
  check(context) {
    const { plan, remediation, touched, changes } = context;
    if (plan === undefined) return planGone(context);
    for (const { read, answer } of touched) {
      if (read.resource.kind !== 'Node') continue;
      if (answer.is === 'Unreadable') return fail(`whose ${describeRead(read)} is cannot be told: ${answer.message}`);
      const mark = answer.is === 'Found' ? takenBy(answer.object) : undefined;
      if (mark !== undefined) return fail(`${describeRead(read)} is somebody else's now: it has ${mark}`);
    }
    if (plan.spec.guards.gitOps === 'Ignore') return pass('no node is taken away; what GitOps manages is changed');
    for (const { change, object } of changes()) {
      const manager = gitOpsManagerOf(object, change.path);
      if (manager === undefined) continue;
      const what = `${shownPath(change.path)} of ${describeRead(readOf(change))}`;
      return fail(
        `${what} is managed by ${manager}, which would put it back: have it ignore the field, or set guards.gitOps of plan ${remediation.spec.planRef.name} to Ignore`,
      );
    }
    return pass('no other controller is at it');
  },
};

const nodeLease: Guard = {
  name: 'nodeLease',
  reason: 'NodeLeaseHeld',
  before: 'Step',
  reads: true,
  check({ leases, remediation, nowMs }) {
    if (leases === undefined || leases.length === 0) return undefined;
    const found = leases.map((lease) => holding(lease, holderOf(remediation), nowMs));
    const other = found.find(({ is }) => is === 'Others' || is === 'Unknown');
    if (other !== undefined) return fail(other.message, { untilMs: 'untilMs' in other ? other.untilMs : undefined });
    return pass(found.map(({ message }) => message).join('; '));
  },
};

export const nodeGuards: readonly Guard[] = [controlPlane, ownedByOthers, nodeLease];
