/**
 * What people say to Remediations and Incidents, as pure functions from the object as it is to the patch that says it.
 * Each answers `Already` when it is said, and throws a `Failure` when it cannot be said any more.
 */
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { Patch } from '../kube/api.ts';
import { writes } from '../decide/mode.ts';
import { exitCodes, Failure } from './exit.ts';
import { hasEnded, standingOf } from './render/standing.ts';

/** What is to be sent, or that nothing need be. */
export type Wish =
  | { readonly is: 'Patch'; readonly patch: Patch; readonly said: string }
  | { readonly is: 'Already'; readonly said: string };

type Decision = NonNullable<Remediation['spec']['approvals']>[number]['decision'];

const refuse = (message: string): Failure => new Failure(exitCodes.refused, message);

/** The object must still be the one that was read. */
const merge = (uid: string | undefined, spec: object): Patch => ({
  type: 'merge',
  body: { metadata: { uid }, spec },
});

/** A decision in one’s own name beside those of others; final. */
export function decide(remediation: Remediation, by: string, decision: Decision, note: string | undefined): Wish {
  const { metadata, spec } = remediation;
  const verb = decision === 'Approved' ? 'approve' : 'deny';
  const { approvals = [] } = spec;
  const mine = approvals.find((approval) => approval.by === by);
  if (mine?.decision === decision)
    return { is: 'Already', said: `${verb === 'approve' ? 'approved' : 'denied'} by ${by} already` };
  if (mine !== undefined) {
    throw refuse(
      `${by} has said ${mine.decision} to ${metadata.name}, and decisions are final: use cancel to stop it or undo to take it back`,
    );
  }
  if (!writes(spec.mode))
    throw refuse(`${metadata.name} is in mode ${spec.mode}: it changes nothing, so nobody need ${verb} it`);
  if (hasEnded(remediation))
    throw refuse(`${metadata.name} has ended (${standingOf(remediation).why}): there is nothing to ${verb}`);
  // The whole list under the version that was read: whoever decides at the same moment is not lost.
  const decided = { by, decision, ...(note === undefined ? {} : { note }) };
  const { uid, resourceVersion } = metadata;
  return {
    is: 'Patch',
    patch: {
      type: 'merge',
      body: {
        metadata: { uid, resourceVersion },
        spec: { approvals: [...approvals, decided] },
      },
    },
    said: `${verb === 'approve' ? 'approved' : 'denied'} by ${by}`,
  };
}

/** Asks to take everything back; possible at any time. */
export function undo({ metadata, spec }: Remediation, by: string, reason: string): Wish {
  if (spec.undoRequested !== undefined)
    return { is: 'Already', said: `${spec.undoRequested.by} has asked to undo it: ${spec.undoRequested.reason}` };
  return { is: 'Patch', patch: merge(metadata.uid, { undoRequested: { by, reason } }), said: `${by} asks to undo it` };
}

/** Asks to begin no further step. */
export function cancel(remediation: Remediation, by: string, reason: string): Wish {
  const { metadata, spec } = remediation;
  if (spec.cancelRequested !== undefined)
    return { is: 'Already', said: `${spec.cancelRequested.by} has cancelled it: ${spec.cancelRequested.reason}` };
  if (hasEnded(remediation))
    throw refuse(
      `${metadata.name} has ended (${standingOf(remediation).why}): there is nothing to cancel; undo takes it back`,
    );
  return { is: 'Patch', patch: merge(metadata.uid, { cancelRequested: { by, reason } }), said: `cancelled by ${by}` };
}

/** Says that one looks after it. */
export function acknowledge({ metadata, spec }: Incident, by: string): Wish {
  if (spec.acknowledged?.by === by) return { is: 'Already', said: `acknowledged by ${by} already` };
  const before = spec.acknowledged === undefined ? '' : `, before by ${spec.acknowledged.by}`;
  return { is: 'Patch', patch: merge(metadata.uid, { acknowledged: { by } }), said: `acknowledged by ${by}${before}` };
}

/** Says whether the policy was right, with what there is to remember. */
export function judge(
  { metadata, spec }: Incident,
  by: string,
  verdict: NonNullable<Incident['spec']['verdict']>,
  note: string | undefined,
): Wish {
  if (spec.verdict === verdict && (note === undefined || note === spec.note))
    return { is: 'Already', said: `judged ${verdict} already` };
  const wish = { verdict, verdictBy: by, ...(note === undefined ? {} : { note }) };
  return { is: 'Patch', patch: merge(metadata.uid, wish), said: `judged ${verdict} by ${by}` };
}
