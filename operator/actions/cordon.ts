import type { ActionParameters } from '../../crds/actions.ts';
import type { Action } from './action.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { valueAt } from './json.ts';
import { takenBy } from './others.ts';
import { isRead, liveSubject, nodeOf } from './subjects.ts';
import { ownersOf, describeOwner } from './ownership.ts';

const path = '/spec/unschedulable';

/**
 * Makes a node unschedulable. A cordon that is there already is somebody else's: nothing is done, and so it is never
 * lifted by us.
 */
export const cordon: Action<ActionParameters<'cordon'>> = {
  reversible: true,
  targets: ['Node', 'Pod', 'Container'],
  permissions: [
    { verb: 'get', group: '', resource: 'nodes' },
    { verb: 'patch', group: '', resource: 'nodes' },
  ],
  subject: nodeOf,
  reads: (target) => [nodeOf(target)].filter(isRead),
  plan({ reason }, live, { target }) {
    const subject = liveSubject(target, nodeOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, name } = subject;
    if (valueAt(object, path) === true) {
      const [owner] = ownersOf(object, path);
      const by = owner === undefined ? '' : ` by ${describeOwner(owner)}`;
      return { is: 'Nothing', message: `${name} is cordoned already${by}` };
    }
    const mark = takenBy(object);
    if (mark !== undefined) {
      const message = `${name} is being taken away by somebody else: it has ${mark}`;
      return { is: 'Refused', reason: 'HandledByOthers', message };
    }
    const why = reason === undefined ? '' : `: ${reason}`;
    return { is: 'Changes', changes: fieldChange(subject, { path, to: true }), message: `cordon ${name}${why}` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect: () => ({ is: 'Done', message: 'the node takes no new pods' }),
};
