/** Labels and annotations: maps in the metadata of every object, of which each key is a field of its own. */
import type { ActionParameters } from '../../crds/actions.ts';
import { targetKinds } from '../../crds/references.ts';
import type { Action } from './action.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { pointerOf } from './json.ts';
import { changing, resourcesOf } from './permissions.ts';
import { Node, Pod, workloads } from './resources.ts';
import { isRead, liveSubject, subjectBy } from './subjects.ts';

type Parameters = ActionParameters<'label'> & ActionParameters<'annotate'>;

/** The syntax of a key of either map: an optional DNS prefix and a name. */
const key = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Each key that is named, with the value it is to have; undefined is none. */
const wishesOf = ({ set = {}, remove = [] }: Parameters): [key: string, wanted: string | undefined][] => [
  ...Object.entries(set),
  ...remove.map((name): [string, undefined] => [name, undefined]),
];

/**
 * The action that sets and removes keys of one of the maps; each is a change of its own, so that undo leaves those that
 * somebody changed since. `syntax` is what a value must look like.
 */
export const metadataAction = (
  verb: 'label' | 'annotate',
  field: 'labels' | 'annotations',
  { syntax, saying }: { readonly syntax: RegExp; readonly saying: string },
): Action<Parameters> => ({
  reversible: true,
  targets: targetKinds,
  permissions: changing([Pod, Node, ...workloads]),
  needs: ({ of }, kinds) => changing(resourcesOf(of, kinds)),
  subject: (target, { of }) => subjectBy[of](target),
  reads: (target, { of }) => [subjectBy[of](target)].filter(isRead),
  plan(params, live, { target }) {
    const wishes = wishesOf(params);
    for (const [name, wanted] of wishes) {
      if (key.test(name) && syntax.test(wanted ?? '')) continue;
      const message = `${verb} ${name}=${wanted ?? ''} is not valid: ${saying}`;
      return { is: 'Refused', reason: 'InvalidParameters', message };
    }
    const subject = liveSubject(target, subjectBy[params.of](target), live);
    if (subject.is !== 'Found') return subject;
    const changes = wishes.flatMap(([name, to]) =>
      fieldChange(subject, { path: pointerOf('metadata', field, name), to }),
    );
    if (changes.length === 0) return { is: 'Nothing', message: `${subject.name} has these ${field} already` };
    const list = wishes.map(([name, wanted]) => (wanted === undefined ? `${name}-` : `${name}=${wanted}`));
    return { is: 'Changes', changes, message: `${verb} ${subject.name} ${list.join(' ')}` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect: () => ({ is: 'Done', message: `the ${field} are set` }),
});
