import { Incident, Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { readAny, referenceOf, type Reference } from '../find.ts';
import type { Report } from '../output.ts';
import type { Session } from '../session.ts';
import { storyOfIncident, storyOfRemediation, storyOfSubject } from '../stories.ts';
import { subjectKinds } from '../subject.ts';

const kinds = [Remediation, Incident, ...subjectKinds];

/** `why`: one readable story of one thing. */
export const why: Declare = (program, act) => {
  program
    .command('why')
    .description(
      'the story of an Incident, a Remediation, a pod, a node or a workload: what was seen, decided, changed',
    )
    .argument(
      '<kind-or-name>',
      'incident, remediation, pod, node, deployment, statefulset, daemonset; or kind/name; or a name',
    )
    .argument('[name]', 'which')
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} why remediation restart-leaky-9a2c -n shop\n  ${program.name()} why pod/cart-7f9c -n shop\n  ${program.name()} why node node1\n`,
    )
    .action((first: string, second: string | undefined) =>
      act(async (session) => {
        const named = referenceOf(second === undefined ? [first] : [first, second], kinds);
        const reference =
          typeof named === 'string'
            ? { resource: (await readAny(session, named, kinds)).resource, name: named }
            : named;
        session.show(await storyOf(session, reference));
        return exitCodes.fine;
      }),
    );
};

function storyOf(session: Session, reference: Reference): Promise<Report> {
  if (reference.resource === Remediation) return storyOfRemediation(session, reference.name);
  if (reference.resource === Incident) return storyOfIncident(session, reference.name);
  return storyOfSubject(session, reference);
}
