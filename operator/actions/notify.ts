import type { ActionParameters } from '../../crds/actions.ts';
import type { Action, Change } from './action.ts';
import { textOf } from './json.ts';
import { filled } from './placeholders.ts';
import { isRead, liveSubject, ownObject } from './subjects.ts';

/** The path of the change that stands for a message: no field of the object, which is only what it is about. */
export const messagePath = '/notify';

/** Whether a change is a message: what was said stays said, and is nothing to take back. */
export const isMessage = ({ path }: Pick<Change, 'path'>): boolean => path === messagePath;

/**
 * Has people told something. To write the message into the record is all there is to do: what is told to whom follows from
 * the records (controllers/incident/telling.ts), so that no step waits for a receiver, and no message is lost with us.
 */
export const notify: Action<ActionParameters<'notify'>> = {
  reversible: false,
  targets: ['Container', 'Pod', 'Workload', 'Node'],
  permissions: [],
  subject: (target) => ownObject(target),
  reads: (target) => [ownObject(target)].filter(isRead),
  plan({ notifier, message }, live, { target, origin }) {
    const subject = liveSubject(target, ownObject(target), live);
    if (subject.is !== 'Found') return subject;
    const text = filled(message, target, origin);
    if ('problem' in text) return { is: 'Refused', reason: 'InvalidParameters', message: text.problem };
    const to = textOf(text.value);
    const change: Change = { object: subject.reference, path: messagePath, ...(to === undefined ? {} : { to }) };
    return { is: 'Changes', changes: [change], message: `tell ${notifier}: ${text.value}` };
  },
  requests: () => [],
  inspect: () => ({ is: 'Ours' }),
  // What was said stays said; there is nothing in the cluster to take back.
  revert: () => ({ is: 'AlreadyThere' }),
  effect: (_changes, _live, _context, { notifier }) => ({ is: 'Done', message: `handed over for ${notifier}` }),
};
