import type { Action } from './action.ts';
import { fieldChange, fieldRequests, inspectField, liveObject } from './fields.ts';
import { pointerOf } from './json.ts';
import { changing } from './permissions.ts';
import { rollable, rollableOf, rolloutOf, standstill } from './rollout.ts';
import { isRead, liveSubject } from './subjects.ts';

/** Where kubectl notes it, too; so the two understand each other. */
const path = pointerOf('spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt');

/**
 * Replaces all pods of a workload by changing an annotation of its template. That cannot be taken back: with the old
 * annotation all pods would be replaced once more, and be no more the ones that were.
 */
export const rolloutRestart: Action<unknown> = {
  reversible: false,
  targets: ['Workload', 'Pod', 'Container'],
  permissions: changing(rollable),
  subject: rollableOf,
  reads: (target) => [rollableOf(target)].filter(isRead),
  plan(_params, live, { target, nowMs }) {
    const subject = liveSubject(target, rollableOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, name } = subject;
    const refused = standstill(object);
    if (refused !== undefined) return { is: 'Refused', ...refused, message: `${name} ${refused.message}` };
    const to = new Date(nowMs).toISOString();
    const message = `replace all pods of ${name}, which cannot be taken back`;
    return { is: 'Changes', changes: fieldChange(subject, { path, to }), message };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect([change], live) {
    if (change === undefined) return { is: 'Done', message: 'nothing to see' };
    const found = liveObject(change, live);
    return found.is === 'Found' ? rolloutOf(found.object) : { is: 'Pending', message: found.message };
  },
};
