import type { RecordedChange, Remediation } from '../../../crds/remediation.ts';
import { isRemediation, managerOf } from '../../actions/ownership.ts';
import type { RuleMaker } from '../rule.ts';

/**
 * 4. A field is left as it is because another Remediation holds it only while that one does, and is not about to take it
 * back, as far as the process knew: what lies under it would stand alone afterwards.
 */
export const onTopStays: RuleMaker = () => ({
  name: '4 on top',
  ownWrite: ({ replica, before, after }, history) => {
    const { uid: self = '', name } = after.metadata;
    for (const { object, path, undo } of newlySuperseded(before, after)) {
      const by = undo?.supersededBy;
      if (!isRemediation(by) || by === managerOf(after.metadata)) continue;
      const what = `${name}: ${path} of ${object.kind} ${object.name} is left to ${by}`;
      const owner = history.ownerOf(object.uid, path);
      if (owner?.is === 'Ours' && owner.uid === self) return `${what}, which does not hold it`;
      const snapshot = replica.snapshot() ?? [];
      const top = snapshot.find(({ metadata }) => managerOf(metadata) === by);
      const isKnown = (uid: string): boolean => snapshot.some(({ metadata }) => metadata.uid === uid);
      if (top === undefined || !history.liesOn(object.uid, path, top.metadata.uid ?? '', self, isKnown)) continue;
      if (isToGo(top, object.uid, path)) return `${what}, which is to be taken back`;
    }
    return undefined;
  },
});

const changesOf = ({ status }: Remediation): RecordedChange[] =>
  (status?.steps ?? []).flatMap(({ changes = [] }) => changes);

function newlySuperseded(before: Remediation, after: Remediation): RecordedChange[] {
  const isSame = (a: RecordedChange, b: RecordedChange): boolean => a.object.uid === b.object.uid && a.path === b.path;
  const old = changesOf(before).filter(({ undo }) => undo?.state === 'Superseded');
  return changesOf(after).filter(
    (change) => change.undo?.state === 'Superseded' && !old.some((each) => isSame(each, change)),
  );
}

const later = new Set(['Scheduled', 'Postponed', 'Undoing', 'UndoFailed']);

/** Whether it holds the field and has not ended, or people or its plan want its value taken back, and nobody has decided that it stays. */
function isToGo(top: Remediation, uid: string | undefined, path: string): boolean {
  const { spec, status } = top;
  const holds = changesOf(top).some(
    ({ object, path: at, undo }) =>
      object.uid === uid && at === path && !['Done', 'Superseded', 'Irreversible'].includes(undo?.state ?? 'None'),
  );
  const undone = status?.conditions?.find(({ type }) => type === 'Undone')?.reason;
  const isWanted = spec.undoRequested !== undefined || (undone !== undefined && later.has(undone));
  return holds && (status?.finishedTime === undefined || isWanted);
}
