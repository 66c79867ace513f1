import type { ActionParameters } from '../../crds/actions.ts';
import type { Action, Plan } from './action.ts';
import { fieldChange, fieldRequests, inspectField, liveObject } from './fields.ts';
import { changing, listing } from './permissions.ts';
import { ControllerRevision, Pod, ReplicaSet } from './resources.ts';
import { presentOf, revisionReads, revisionsOf, type Revision } from './revisions.ts';
import { rollable, rollableOf, rolloutOf, standstill } from './rollout.ts';
import { isRead, liveSubject } from './subjects.ts';

type Parameters = ActionParameters<'rolloutUndo'>;

const path = '/spec/template';

/**
 * Gives a workload an earlier template again: the latest before the present one of which a pod is available now, or was
 * seen to be for a while, and that was not tried before. It refuses what it would have to hope of.
 */
export const rolloutUndo: Action<Parameters> = {
  reversible: true,
  targets: ['Workload', 'Pod', 'Container'],
  permissions: [...changing(rollable), ...listing([ReplicaSet, ControllerRevision, Pod])],
  subject: rollableOf,
  reads: (target, _params, purpose) => [
    ...[rollableOf(target)].filter(isRead),
    ...(purpose === 'Plan' ? revisionReads(target) : []),
  ],
  plan(params, live, { target, wasAvailable, wasInVain = () => false }) {
    const subject = liveSubject(target, rollableOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, name } = subject;
    const refused = standstill(object);
    if (refused !== undefined) return { is: 'Refused', ...refused, message: `${name} ${refused.message}` };
    const revisions = revisionsOf(object, { target, wasAvailable }, live);
    if (typeof revisions === 'string') return { is: 'Unreadable', message: revisions };
    const present = presentOf(revisions, object);
    const chosen = choose(params, {
      name,
      revisions,
      present,
      isKnown: wasAvailable !== undefined,
      isInVain: ({ template }) => wasInVain(object.metadata.uid ?? '', template),
    });
    if ('is' in chosen) return chosen;
    const changes = fieldChange(subject, { path, to: chosen.template });
    const from = present === undefined ? '' : ` from revision ${present.number}`;
    return { is: 'Changes', changes, message: `roll ${name} back${from} to revision ${chosen.number}` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect([change], live) {
    if (change === undefined) return { is: 'Done', message: 'nothing to see' };
    const found = liveObject(change, live);
    return found.is === 'Found' ? rolloutOf(found.object) : { is: 'Pending', message: found.message };
  },
};

interface Choice {
  readonly name: string;
  readonly revisions: readonly Revision[];
  readonly present: Revision | undefined;
  /** Whether it is known what was available before. */
  readonly isKnown: boolean;
  /** Whether it was tried before. */
  readonly isInVain: (revision: Revision) => boolean;
}

/** The revision to go back to, or why there is none. */
function choose({ toRevision }: Parameters, { name, revisions, present, isKnown, isInVain }: Choice): Revision | Plan {
  const refuse = (reason: string, message: string): Plan => ({ is: 'Refused', reason, message });
  const wanted = revisions.find(({ number }) => number === toRevision);
  if (toRevision !== undefined && wanted === undefined) {
    const known = revisions.map(({ number }) => number).join(', ');
    return refuse('RevisionGone', `${name} has no revision ${toRevision}; it has ${known}`);
  }
  if (wanted !== undefined && wanted === present) {
    return { is: 'Nothing', message: `${name} has the template of revision ${wanted.number} already` };
  }
  const earlier = revisions.filter((each) => each !== present && each.number < (present?.number ?? Infinity));
  const candidates = wanted === undefined ? earlier : [wanted];
  if (candidates.length === 0) return refuse('NoEarlierRevision', `${name} has no earlier revision`);
  const worked = candidates.filter(({ isAvailable, wasAvailable }) => isAvailable || wasAvailable);
  const chosen = worked.find((revision) => !isInVain(revision));
  if (chosen !== undefined) return chosen;
  if (worked.length > 0) {
    const tried = worked.map(({ number }) => number).join(', ');
    return refuse('TriedInVain', `of ${name} revision ${tried} was rolled back, or gone back to in vain, within a day`);
  }
  const list = candidates.map(({ number }) => number).join(', ');
  const what = candidates.length === 1 ? `revision ${list} of ${name} has` : `revisions ${list} of ${name} have`;
  const seen = isKnown
    ? 'none was seen to be ready for a minute before'
    : 'what was seen before only the operator knows';
  return refuse('NotKnownToWork', `${what} no available pod now, and ${seen}`);
}
