/**
 * Who has agreed. A decision is an entry of `spec.approvals`, one for each person; that `by` is who wrote it is seen to by
 * the API server (crds/admission). Here they are counted against the quorum of the plan as it is now.
 */
import type { Remediation } from '../../crds/remediation.ts';
import type { PlanFacts } from './decision.ts';
import { parseTime } from './time.ts';

type Decided = NonNullable<Remediation['spec']['approvals']>[number];

/** How the decisions on a Remediation stand. */
export interface Approval {
  /** How many must approve. */
  readonly required: number;
  /** Who has. */
  readonly approved: readonly Decided[];
  /** The first who said no; one is enough. */
  readonly denied: Decided | undefined;
  /** Enough have approved, and nobody said no. */
  readonly granted: boolean;
  /** What it was approved for is too long ago from then on; undefined: never. */
  readonly expiresMs: number | undefined;
}

export function approvalOf({ metadata, spec }: Remediation, plan: PlanFacts | undefined): Approval {
  const { expireSeconds, quorum = 1 } = plan?.spec.approval ?? {};
  const approved = (spec.approvals ?? []).filter(({ decision }) => decision === 'Approved');
  const denied = spec.approvals?.find(({ decision }) => decision === 'Denied');
  const createdMs = parseTime(metadata.creationTimestamp);
  return {
    required: quorum,
    approved,
    denied,
    granted: denied === undefined && approved.length >= quorum,
    expiresMs: expireSeconds === undefined || createdMs === undefined ? undefined : createdMs + expireSeconds * 1000,
  };
}

/** `alice and bob approved it: only until the cache is warm`. */
export const approvedBy = ({ approved }: Approval): string => `${names(approved)} approved it${notes(approved)}`;

/** `bob denied it: I am on it`. */
export const deniedBy = (denied: Decided): string => `${denied.by} denied it${notes([denied])}`;

/** Who asked that no further step begins, if somebody did: by cancelling, or by a no that came after the start. */
export function stoppedBy({
  spec,
}: Remediation): { readonly wish: 'Cancelled' | 'Denied'; readonly message: string } | undefined {
  const { cancelRequested } = spec;
  if (cancelRequested !== undefined) {
    return { wish: 'Cancelled', message: `${cancelRequested.by} cancelled it: ${cancelRequested.reason}` };
  }
  const denied = spec.approvals?.find(({ decision }) => decision === 'Denied');
  return denied && { wish: 'Denied', message: deniedBy(denied) };
}

const names = (decided: readonly Decided[]): string => {
  const all = decided.map(({ by }) => by);
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${all.at(-1)}` : (all[0] ?? 'nobody');
};

const notes = (decided: readonly Decided[]): string => {
  const said = decided.flatMap(({ note }) => note ?? []);
  return said.length === 0 ? '' : `: ${said.join('; ')}`;
};
