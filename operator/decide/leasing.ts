/** When the Leases of nodes are taken, renewed and given back. An undo asks for none and waits for none. */
import type { Change } from '../actions/action.ts';
import { answerTo } from '../actions/live.ts';
import type { Decision } from './decision.ts';
import { nodesOf } from './ledger.ts';
import { givingBack, holderOf, holding, leaseRead, leaseSeconds, taking, type NodeLease } from './node-lease.ts';
import { reasons } from './reasons.ts';
import { retryMs } from './outcome.ts';
import { waitUntil, type Run } from './run.ts';

const renewBeforeMs = (leaseSeconds * 1000) / 2;

const leaseOf = (run: Run, node: string): NodeLease => ({ node, answer: answerTo(run.world.live, leaseRead(node)) });

/** Before a node is changed its Lease must be ours, and for a while yet. */
export function takeLease(run: Run, changes: readonly Change[]): Decision | undefined {
  if (!run.world.settings.nodeLeases) return undefined;
  const uids = new Map(changes.map(({ object }) => [object.kind === 'Node' ? object.name : '', object.uid]));
  return take(run, nodesOf(run.remediation), uids);
}

function take(run: Run, nodes: readonly string[], uids: ReadonlyMap<string, string | undefined>): Decision | undefined {
  const { leaseProblem } = run.world;
  const holder = holderOf(run.remediation);
  for (const node of nodes) {
    const lease = leaseOf(run, node);
    const held = holding(lease, holder, run.nowMs);
    if (held.is === 'Ours' && held.untilMs - run.nowMs > renewBeforeMs) continue;
    // Guards see to those of others; here it was free when they looked.
    if (held.is === 'Others' || held.is === 'Unknown' || leaseProblem !== undefined) {
      run.draft.set('Blocked', 'True', reasons.nodeLease, leaseProblem ?? held.message);
      return waitUntil(run.nowMs + retryMs);
    }
    return { do: 'Lease', request: taking(lease, uids.get(node), holder, run.nowMs) };
  }
  return undefined;
}

/** Whether Leases may be held: some step has been prepared, and it has not come to its end. */
const mayHold = (run: Run): boolean =>
  run.world.settings.nodeLeases === true &&
  run.startedMs !== undefined &&
  run.steps.some(({ status }) => status.startedTime !== undefined) &&
  nodesOf(run.remediation).length > 0;

/** Renews what is ours while it goes on; what was lost meanwhile is noticed before the next step. */
export function renewing(run: Run): Decision | undefined {
  if (!mayHold(run) || run.world.leaseProblem !== undefined) return undefined;
  const nodes = nodesOf(run.remediation);
  const missing = run.read(nodes.map(leaseRead));
  if (missing !== undefined) return missing;
  const due = nodes.filter((node) => {
    const held = holding(leaseOf(run, node), holderOf(run.remediation), run.nowMs);
    return held.is === 'Ours' && held.untilMs - run.nowMs <= renewBeforeMs;
  });
  return due.length === 0 ? undefined : take(run, due, new Map());
}

/** The decision, but looking again in time to renew. */
export function beforeLeaseEnds(run: Run, decision: Decision): Decision {
  if (decision.do !== 'Wait' || run.isFinished || !mayHold(run)) return decision;
  const renewMs = run.nowMs + renewBeforeMs;
  return waitUntil(Math.min(decision.requeueAtMs ?? renewMs, renewMs));
}

/** At the end what is ours is given back; when we die just then, it runs out by itself. */
export function giveLeaseBack(run: Run): Decision | undefined {
  if (!run.world.fresh || !mayHold(run) || run.world.leaseProblem !== undefined) return undefined;
  const nodes = nodesOf(run.remediation);
  const missing = run.read(nodes.map(leaseRead));
  if (missing !== undefined) return missing;
  for (const node of nodes) {
    const lease = leaseOf(run, node);
    if (lease.answer.is === 'Found' && holding(lease, holderOf(run.remediation), run.nowMs).is === 'Ours')
      return { do: 'Lease', request: givingBack(node, lease.answer.object) };
  }
  return undefined;
}
