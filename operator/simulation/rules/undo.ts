import { irreversible } from '../../../crds/actions.ts';
import type { RecordedChange, Remediation } from '../../../crds/remediation.ts';
import { sameJson, valueAt, valueOf } from '../../actions/json.ts';
import { managerIn } from '../history.ts';
import type { End, RuleMaker } from '../rule.ts';
import { isTarget, subjectOf } from '../targets.ts';

/** 4. Undo restores exactly or says why not, and never touches what someone else changed since. */
export const exactUndo: RuleMaker = () => ({
  name: '4 exact undo',
  commit: ({ change, fields, origin, request }, history) => {
    if (origin === undefined || !isTarget(change.resource, change.object.metadata.name)) return undefined;
    const { uid = '', name } = change.object.metadata;
    const subject = subjectOf(change.resource, name, change.object);
    for (const field of history.detailed(subject, fields)) {
      const found = history.attribute(subject, field, managerIn(request));
      if (found?.as !== 'Undo' || found.record.path === '') continue;
      const { remediation, record } = found;
      if (!sameJson(field.before, valueOf(record.to)))
        return `${remediation.metadata.name} restores ${field.path} of ${name}, which is ${JSON.stringify(field.before)} and not as it left it`;
      const owner = history.ownerOf(uid, field.path);
      if (owner?.is === 'Theirs')
        return `${remediation.metadata.name} restores ${field.path} of ${name}, which ${owner.by} has set since`;
    }
    return undefined;
  },
  end: (end) => firstOf([...end.history.remediations.values()], (remediation) => unlessRestored(remediation, end)),
});

function unlessRestored(remediation: Remediation, { history, unreadable }: End): string | undefined {
  for (const { state, action, changes = [] } of remediation.status?.steps ?? []) {
    if (state === 'Pending' || state === 'Skipped' || (action !== undefined && irreversible.includes(action))) continue;
    for (const { object, path, undo } of changes) {
      // Of several steps on one field, the first found what was there before.
      const { from } = original(remediation, object.uid, path) ?? {};
      const what = `${remediation.metadata.name}: ${path} of ${object.kind} ${object.name}`;
      if (unreadable.has(object.name)) continue;
      if (undo?.state === undefined || !['Done', 'Superseded', 'Irreversible'].includes(undo.state))
        return `${what} is not taken back in the end: ${undo?.state ?? 'nobody tried'} (${undo?.message ?? ''})`;
      if (undo.state === 'Irreversible') continue;
      const owner = history.ownerOf(object.uid, path);
      const live = history.objects.get(object.uid ?? '');
      const isRestored = sameJson(valueAt(live, path), valueOf(from));
      if (owner?.is === 'Ours' && owner.uid === remediation.metadata.uid && live !== undefined && !isRestored)
        return `${what} is ${undo.state}, and our value is still there: ${JSON.stringify(owner.value)} instead of ${from} (${undo.message ?? ''})`;
      const isForeign =
        history.foreignWriter(object.uid, path) !== undefined || history.isShared(object.uid, path, remediation);
      const isOurDoing = path !== '' && live !== undefined && !isForeign;
      if (undo.state === 'Superseded' && isOurDoing && !isRestored)
        return `${what} is Superseded, and nobody else has ever set it (${undo.message ?? ''})`;
    }
  }
  return undefined;
}

const original = ({ status }: Remediation, uid: string | undefined, path: string): RecordedChange | undefined =>
  status?.steps
    ?.flatMap(({ changes = [] }) => changes)
    .find((change) => change.object.uid === uid && change.path === path);

function firstOf<T>(all: readonly T[], problemOf: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const problem = problemOf(each);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
