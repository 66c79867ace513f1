/**
 * Remediations on top of one another: each may change a field that another one has changed before. Every record says
 * whose value it replaced (`fromManagers`), so the order is known; they are taken back in the reverse order, each giving
 * the field back in the name of the one below.
 */
import type { RecordedChange, Remediation } from '../../crds/remediation.ts';
import { sameJson, valueOf } from '../actions/json.ts';
import { isRemediation, managerOf } from '../actions/ownership.ts';
import { reasons } from './reasons.ts';

/** What somebody else's value on a field of ours means. */
export type Layer =
  /** Not a Remediation's, or not on top of our value: it is simply another one. */
  | 'Foreign'
  /** A Remediation replaced our value and keeps its own. */
  | 'Lasting'
  /** A Remediation replaced our value and is still to take its own back. */
  | 'Passing'
  /** A Remediation's whose record is not to be seen yet, or says by now that the field is ours again. */
  | 'Unknown';

type Field = Pick<RecordedChange, 'object' | 'path'>;

/** How the value that `by` has put there relates to the one that we (`manager`) had put there before. */
export function layerOf(
  manager: string,
  field: Field,
  by: string | undefined,
  snapshot: readonly Remediation[] | undefined,
): Layer {
  if (by === undefined || !isRemediation(by)) return 'Foreign';
  const top = snapshot?.find(({ metadata }) => managerOf(metadata) === by);
  if (snapshot === undefined) return 'Unknown';
  if (top === undefined) return 'Foreign';
  const below = belowOf(top, field);
  if (below === undefined) return 'Unknown';
  if (!leadTo(manager, field, below, without(top, snapshot))) return 'Foreign';
  if (hasGivenBack(top, field)) return 'Unknown';
  // Whatever else it takes back.
  if (changesOf(top, field).every(({ undo }) => undo?.state === 'Irreversible')) return 'Lasting';
  return top.status?.finishedTime === undefined || isToBeTakenBack(top) ? 'Passing' : 'Lasting';
}

/** Whether one of the owners of a value is we (`manager`), or a Remediation on top of us, with however many in between. */
function leadTo(manager: string, field: Field, owners: readonly string[], snapshot: readonly Remediation[]): boolean {
  if (owners.includes(manager)) return true;
  const next = owners.find(isRemediation);
  return next !== undefined && layerOf(manager, field, next, snapshot) !== 'Foreign';
}

const without = (one: Remediation, snapshot: readonly Remediation[]): Remediation[] =>
  snapshot.filter((other) => other !== one);

/** Whether what we (`manager`) left to `by`, on top of us, is not that one's any more: it has given it back to those below. */
export function isUncovered(
  manager: string,
  field: Field,
  by: string | undefined,
  snapshot: readonly Remediation[] | undefined,
): boolean {
  const top = isRemediation(by) ? snapshot?.find(({ metadata }) => managerOf(metadata) === by) : undefined;
  return top !== undefined && hasGivenBack(top, field) && layerOf(manager, field, by, snapshot) !== 'Foreign';
}

/** Who was on top of us (`manager`) and has given our value back. Undefined when nobody has. */
export function giverOf(
  manager: string,
  field: Field,
  snapshot: readonly Remediation[] | undefined,
): string | undefined {
  const managers = snapshot?.map(({ metadata }) => managerOf(metadata)) ?? [];
  return managers.find((by) => by !== manager && isUncovered(manager, field, by, snapshot));
}

/**
 * Whether the field is back with the one below a Remediation, in whose name it was given back (`inverse`). It takes back
 * what it did last first, and what lies on another one by itself: between two of its steps that one may have done its own.
 */
function hasGivenBack(top: Remediation, field: Field): boolean {
  for (const { fromManagers = [], undo } of changesOf(top, field).toReversed()) {
    if (undo?.state !== 'Done') return false;
    const [below, ...others] = fromManagers;
    if (below !== managerOf(top.metadata)) return others.length === 0 && isRemediation(below);
  }
  return false;
}

/**
 * Who put back, on top of our value, the one that was there before it, and is to give ours back when its own is taken
 * back: what looks as if we had done nothing is on top of us, over others or other steps perhaps. Undefined when nobody did.
 */
export function restorerOf(
  manager: string,
  { from, ...field }: Pick<RecordedChange, 'object' | 'path' | 'from'>,
  snapshot: readonly Remediation[] = [],
): string | undefined {
  const top = snapshot.find((other) => {
    if (managerOf(other.metadata) === manager) return false;
    const standing = changesOf(other, field).filter(({ undo }) => isStanding(undo));
    if (!standing.some(({ to }) => sameJson(valueOf(to), valueOf(from)))) return false;
    const others = without(other, snapshot);
    const first = standing.findIndex(({ fromManagers = [] }) => leadTo(manager, field, fromManagers, others));
    return first !== -1 && standing.slice(first).some(({ to }) => sameJson(valueOf(to), valueOf(from)));
  });
  return top && managerOf(top.metadata);
}

const isStanding = (undo: RecordedChange['undo']): boolean =>
  undo === undefined || undo.state === 'None' || undo.state === 'Pending' || undo.state === 'Failed';

/** What it may have changed: a dry run has on record what it would have. */
const madeBy = ({ status }: Remediation): RecordedChange[] =>
  (status?.steps ?? []).flatMap(({ state, changes = [] }) =>
    state === 'Pending' || state === 'Skipped' ? [] : changes,
  );

const changesOf = (remediation: Remediation, { object, path }: Field): RecordedChange[] =>
  madeBy(remediation).filter((change) => change.object.uid === object.uid && change.path === path);

/** Whose value a Remediation replaced; undefined when its record does not speak of the field. */
function belowOf(remediation: Remediation, field: Field): string[] | undefined {
  const found = changesOf(remediation, field);
  return found.length === 0 ? undefined : found.flatMap(({ fromManagers = [] }) => fromManagers);
}

const pending: ReadonlySet<string> = new Set([
  reasons.scheduled,
  reasons.postponed,
  reasons.undoing,
  reasons.undoFailed,
]);

/** It is under way or will follow by itself, or was asked for and has not been decided for everything. */
const isToBeTakenBack = (remediation: Remediation): boolean => {
  const { spec, status } = remediation;
  const undone = status?.conditions?.find(({ type }) => type === 'Undone');
  const isUndecided = madeBy(remediation).some(({ undo }) => undo === undefined);
  const isWished = spec.undoRequested !== undefined && (undone === undefined || isUndecided);
  return isWished || (undone !== undefined && pending.has(undone.reason));
};
