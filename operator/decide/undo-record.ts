/** What became of each change that was to be taken back: on record, in events, and in the condition `Undone`. */
import type { RecordedChange } from '../../crds/remediation.ts';
import { isDeletion } from '../actions/action.ts';
import { isOutside } from '../actions/call.ts';
import { readOf } from '../actions/fields.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import { clip } from './clip.ts';
import { reasons } from './reasons.ts';
import { about, type Run } from './run.ts';
import { parseTime } from './time.ts';
import { nextUndoMs } from './undo-due.ts';

/** How long after a refusal undoing is tried again. */
const refusedRetryMs = 60_000;

/** How it ended, or that it was refused for now. */
interface Result {
  readonly state: 'Done' | 'Superseded' | 'Irreversible' | 'Failed';
  readonly message: string;
  readonly by?: string | undefined;
}

/** The same with the change that it is about. */
export interface Settled extends Result {
  readonly record: RecordedChange;
}

/** Of a node's many pods one line tells what is the same for all. */
export function settleAll(run: Run, settled: readonly Settled[]): void {
  const isOne = ({ record }: Settled): boolean => !isDeletion(record);
  for (const { record, ...result } of settled.filter(isOne)) settle(run, record, result);
  const alike = Map.groupBy(
    settled.filter((each) => !isOne(each)),
    ({ state, message }) => `${state} ${message}`,
  );
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue;
    const { record, ...result } = first;
    settle(run, record, result, others.length);
    for (const other of others) other.record.undo = { ...record.undo, state: result.state };
  }
}

/** Writes down how the undo of a change, and of so many others like it, ended; tells it once. */
export function settle(run: Run, record: RecordedChange, { state, message, by }: Result, others = 0): void {
  const isNews = record.undo?.state !== state || record.undo.message !== clip(message);
  record.undo = { state, time: run.draft.now, message, ...(by === undefined ? {} : { supersededBy: by }) };
  if (!isNews) return;
  const part = isDeletion(record) ? 'deletion' : record.path === '' ? 'creation' : shownPath(record.path);
  const object = describeRead(readOf(record));
  const more = others === 0 ? '' : ` and ${others} more`;
  // Most of what is said of a field, or of what was made, begins with its name.
  const name = record.path === '' ? object : `${part} of ${object}`;
  const why = message.startsWith(`${name} `) ? `it${message.slice(name.length)}` : message;
  const what = isOutside(record) ? object : `${part} of ${object}`;
  const note = `undo of ${what}${more}: ${state.toLowerCase()}, ${why}`;
  run.draft.note(note);
  const type = state === 'Done' ? 'Normal' : 'Warning';
  run.tell({ type, reason: `Undo${state}`, action: 'Undo', note, ...about([record]) });
}

/** To be decided now: begun, or refused a while ago. */
export function isOpen({ undo }: RecordedChange, nowMs: number): boolean {
  if (undo?.state === 'Pending') return true;
  return undo?.state === 'Failed' && nowMs >= (parseTime(undo.time) ?? 0) + refusedRetryMs;
}

/** The condition `Undone`, from what became of every change. */
export function report(run: Run): void {
  const changes = run.steps.flatMap(({ status }) => status.changes ?? []);
  const of = (state: string) => changes.filter(({ undo }) => undo?.state === state);
  const messages = (state: string) => [...new Set(of(state).map(({ undo }) => undo?.message))].join('; ');
  if (of('Failed').length > 0) run.draft.set('Undone', 'False', reasons.undoFailed, messages('Failed'));
  else if (nextUndoMs(run) !== undefined) return;
  else if (of('Irreversible').length > 0) {
    const restored = of('Done').filter((change) => !isDeletion(change)).length;
    const rest =
      restored === 0 ? '' : `; ${restored === 1 ? 'the other change is' : `${restored} other changes are`} as before`;
    const lasting = of('Irreversible').length;
    const count = lasting === 1 ? '' : `${lasting} changes: `;
    run.draft.set('Undone', 'False', reasons.irreversible, `${count}${messages('Irreversible')}${rest}`);
  } else if (of('Superseded').length > 0) {
    run.draft.set('Undone', 'True', reasons.superseded, messages('Superseded'));
  } else run.draft.set('Undone', 'True', reasons.undone, 'everything is as before');
}

/** When a refused undo is tried again; undefined when none was refused. */
export function refusedRetryAtMs(run: Run): number | undefined {
  const failed = run.steps
    .flatMap(({ status }) => status.changes ?? [])
    .flatMap(({ undo }) => (undo?.state === 'Failed' ? [parseTime(undo.time) ?? 0] : []));
  return failed.length === 0 ? undefined : Math.min(...failed) + refusedRetryMs;
}
