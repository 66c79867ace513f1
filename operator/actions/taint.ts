import type { ActionParameters } from '../../crds/actions.ts';
import type { Action, Change, Standing } from './action.ts';
import { takenBy } from './others.ts';
import { elementKey } from './elements.ts';
import { fieldChange, fieldRequests, inspectField, liveObject, readOf } from './fields.ts';
import { pointerOf, sameJson, shown, shownPath, valueAt, valueOf } from './json.ts';
import { describeRead, type Live } from './live.ts';
import { describeOwner, ownersOf } from './ownership.ts';
import { changing } from './permissions.ts';
import { Node } from './resources.ts';
import { isRead, liveSubject, nodeOf } from './subjects.ts';

type Parameters = ActionParameters<'taint'>;

/**
 * Puts a taint on a node. `spec.taints` is one value to the API server: whoever writes any taint owns the whole list, and
 * the controller manager does all the time. So ours is not told by `managedFields`, but by the taint itself: it bears the
 * second in which we planned it (`timeAdded`), which a taint of the same key that somebody else puts there later does not.
 */
export const taint: Action<Parameters> = {
  reversible: true,
  targets: ['Node', 'Pod', 'Container'],
  permissions: changing([Node]),
  subject: nodeOf,
  reads: (target) => [nodeOf(target)].filter(isRead),
  plan({ key, value, effect }, live, { target, nowMs }) {
    const subject = liveSubject(target, nodeOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, name } = subject;
    const path = pointerOf('spec', 'taints', elementKey({ key, effect }));
    const what = `${key}${value === undefined ? '' : `=${value}`}:${effect}`;
    const there = valueAt(object, path);
    const found = valueAt(there, '/value') ?? '';
    if (there !== undefined && found === (value ?? ''))
      return { is: 'Nothing', message: `${name} has the taint ${what}` };
    if (there !== undefined) {
      const message = `${name} has the taint ${key}:${effect} with the value ${shown(found)}, which somebody else has set`;
      return { is: 'Refused', reason: 'TaintTaken', message };
    }
    const taker = takenBy(object);
    if (taker !== undefined) {
      const message = `${name} is being taken away by somebody else: it has ${taker}`;
      return { is: 'Refused', reason: 'HandledByOthers', message };
    }
    const timeAdded = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const to = { key, ...(value === undefined ? {} : { value }), effect, timeAdded };
    return { is: 'Changes', changes: fieldChange(subject, { path, to }), message: `taint ${name} ${what}` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectTaint(change, live, manager),
  effect: () => ({ is: 'Done', message: 'the node has the taint' }),
};

function inspectTaint(change: Change, live: Live, manager: string): Standing {
  const found = liveObject(change, live);
  if (found.is !== 'Found') return found;
  const there = valueAt(found.object, change.path);
  if (sameJson(there, valueOf(change.to))) return { is: 'Ours' };
  const standing = inspectField(change, live, manager);
  if (standing.is !== 'Ours' && standing.is !== 'Foreign') return standing;
  // A taint of this key that is not the one we made; who wrote the list last may be the one who did.
  const [owner] = ownersOf(found.object, change.path);
  const who = owner === undefined ? '' : `; the list was written by ${describeOwner(owner)}`;
  const message = `${shownPath(change.path)} of ${describeRead(readOf(change))} is not the one that was put there${who}`;
  return { is: 'Foreign', by: owner?.manager ?? 'unknown', message };
}
