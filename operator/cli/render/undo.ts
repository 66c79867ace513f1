/** What became of taking a Remediation back, change by change. */
import type { RecordedChange, Remediation } from '../../../crds/remediation.ts';
import { reasons } from '../../decide/reasons.ts';
import { isUnsent } from '../../actions/call.ts';
import { shownPath } from '../../actions/json.ts';
import { findCondition } from '../../kube/conditions.ts';
import { few } from './changes.ts';
import { objectName, qualified } from './names.ts';
import { moment } from './times.ts';
import { wrapped, type Tone, type View } from './view.ts';

type UndoState = NonNullable<RecordedChange['undo']>['state'];

const shownAs: Readonly<Record<UndoState, { readonly sign: string; readonly tone: Tone; readonly word: string }>> = {
  None: { sign: '·', tone: 'dim', word: 'stays' },
  Pending: { sign: '…', tone: 'warn', word: 'under way' },
  Done: { sign: '✓', tone: 'good', word: 'restored' },
  Superseded: { sign: '!', tone: 'warn', word: 'left alone' },
  Irreversible: { sign: '✗', tone: 'bad', word: 'cannot be taken back' },
  Failed: { sign: '✗', tone: 'bad', word: 'failed, and is tried again' },
};

/** Every change a Remediation recorded as made. */
export const madeChanges = ({ status }: Remediation): RecordedChange[] =>
  (status?.steps ?? [])
    .filter(({ state }) => state !== 'Pending' && state !== 'Skipped')
    .flatMap(({ state, changes }) => (changes ?? []).filter((change) => state !== 'Failed' || !isUnsent(change)));

/** Whether taking back has come to an end: everything restored, or what is not will stay so for now. */
export function isTakenBack({ metadata, status }: Remediation): boolean {
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  const undone = findCondition(status?.conditions, 'Undone');
  const pending: readonly (string | undefined)[] = [reasons.undoing, reasons.scheduled, reasons.postponed];
  return undone !== undefined && !pending.includes(undone.reason);
}

/** How it ended: `Done` when everything is as before or was somebody else’s by then. */
export function outcomeOfUndo(remediation: Remediation): 'Done' | 'Partly' | 'Failed' {
  const undone = findCondition(remediation.status?.conditions, 'Undone');
  if (undone?.reason === reasons.undoFailed) return 'Failed';
  const states = new Set(madeChanges(remediation).map(({ undo }) => undo?.state));
  return undone?.status === 'True' && !states.has('Superseded') && !states.has('Irreversible') ? 'Done' : 'Partly';
}

/** `spec.replicas of Deployment shop/cart`; of what is made or ends the object alone. */
export const changeName = ({ object, path }: RecordedChange): string =>
  path === '' ? objectName(object) : `${shownPath(path)} of ${objectName(object)}`;

/** What became of one change, in a line: `✓ restored  spec.replicas of Deployment shop/cart: it is as before`. */
export function undoLine(change: RecordedChange, { nowMs, paint }: View): string {
  const { undo } = change;
  const { sign, tone, word } = shownAs[undo?.state ?? 'None'];
  const { supersededBy } = undo ?? {};
  const by =
    supersededBy === undefined || undo?.message?.includes(supersededBy) === true ? '' : ` (changed by ${supersededBy})`;
  const when = undo?.time === undefined || undo.state === 'None' ? '' : `, ${moment(undo.time, nowMs)}`;
  const name = changeName(change);
  // Most of what is said of a field begins with the field.
  const what =
    undo?.message === undefined ? name : undo.message.startsWith(name) ? undo.message : `${name}: ${undo.message}`;
  return `${paint(tone, `${sign} ${word}`)}: ${what}${by}${when}`;
}

/** What became of each change; of many that cannot be taken back some are enough. */
export function undoLines(settled: readonly RecordedChange[], view: View): string[] {
  const ends = settled.filter(({ undo }) => undo?.state === 'Irreversible');
  const left = new Set(few(ends).left);
  return [
    ...settled.filter((change) => !left.has(change)).map((change) => undoLine(change, view)),
    ...(left.size === 0 ? [] : [`and ${left.size} more that cannot be taken back`]),
  ];
}

/** The report of `undo`. */
export function renderUndo(remediation: Remediation, view: View): string[] {
  const undone = findCondition(remediation.status?.conditions, 'Undone');
  const words = {
    Done: 'is taken back',
    Partly: 'is taken back as far as that can be',
    Failed: 'could not be taken back',
  };
  const outcome = isTakenBack(remediation) ? words[outcomeOfUndo(remediation)] : 'is being taken back';
  const why = undone === undefined ? '' : `: ${undone.message}`;
  return [
    ...wrapped(`remediation ${qualified(remediation.metadata)} ${outcome}${why}`, view.columns, 2),
    ...undoLines(madeChanges(remediation), view).flatMap((line) => wrapped(`  ${line}`, view.columns, 4)),
  ];
}
