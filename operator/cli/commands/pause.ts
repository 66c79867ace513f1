import type { Guardrail as Rail } from '../../../crds/guardrail.ts';
import { hasReason } from '../../kube/api.ts';
import { Guardrail } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { typed } from '../output.ts';
import { withoutPauses, withPause, type Pause } from '../pauses.ts';
import { qualified } from '../render/names.ts';
import { fieldManager, say } from '../saying.ts';
import type { Session } from '../session.ts';
import type { Wish } from '../wishes.ts';

/** The Guardrail that is made for a pause when none is named. */
const ownName = 'pause';

/** The namespace that is paused: with `-A` the operator’s own, whose guardrails hold everywhere. */
const scopeOf = ({ options: { everywhere, rootNamespace, namespace } }: Session): string =>
  everywhere ? rootNamespace : namespace;

const inScope = (session: Session): Session => session.in(scopeOf(session));

/** The list under the version that was read, so that a pause of somebody else is never lost. */
const patchOf = (
  { metadata: { resourceVersion } }: Rail,
  paused: readonly Pause[],
): Extract<Wish, { is: 'Patch' }>['patch'] => ({
  type: 'merge',
  body: { metadata: { resourceVersion }, spec: { paused } },
});

/** `pause`: nothing begins while there is a reason. */
export const pause: Declare = (program, act) => {
  program
    .command('pause')
    .description('begin nothing in the namespace (-A: anywhere) until resume; what is done can still be undone')
    .argument('[guardrail]', 'the Guardrail that pauses; made when it is not there', ownName)
    .requiredOption('--reason <text>', 'why, shown to everybody')
    .action((name: string, { reason }: { reason: string }) =>
      act(async (session) => {
        const by = await session.me();
        const guardrail = await pauseBy(inScope(session), name, { reason, by });
        const { everywhere, program } = session.options;
        const what = everywhere ? 'everything is paused' : `namespace ${session.namespace} is paused`;
        const end = `${program} resume ${everywhere ? '-A' : `-n ${session.namespace}`}`;
        session.show({
          lines: () => [
            `guardrail ${qualified(guardrail.metadata)}: ${what} by ${by}: ${reason}`,
            `no further step begins, what is to be taken back is; it ends with: ${end}`,
          ],
          objects: typed(Guardrail, [guardrail]),
          single: true,
        });
        return exitCodes.fine;
      }),
    );
};

async function pauseBy(session: Session, name: string, entry: Pause): Promise<Rail> {
  try {
    const metadata = { name, namespace: session.namespace };
    const object = { metadata, spec: { paused: [entry] } };
    return await session.api.create<Rail>(Guardrail, object, { fieldManager });
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
  const { object } = await say<Rail>(session, { resource: Guardrail, name }, (guardrail) => {
    const paused = withPause(guardrail.spec.paused, entry);
    return paused === undefined
      ? { is: 'Already', said: '' }
      : { is: 'Patch', patch: patchOf(guardrail, paused), said: '' };
  });
  return object;
}

/** `resume`: one’s own reasons are no more. */
export const resume: Declare = (program, act) => {
  program
    .command('resume')
    .description('take back your own pauses of the namespace (-A: of everything)')
    .argument('[guardrail]', 'only those of this Guardrail; default: of all in the namespace')
    .option('--all', 'those of other people too')
    .action((name: string | undefined, { all = false }: { all?: boolean }) =>
      act((session) => resumeAll(inScope(session), name, all)),
    );
};

async function resumeAll(session: Session, name: string | undefined, everybody: boolean): Promise<ExitCode> {
  const by = await session.me();
  const names = name === undefined ? await pausing(session) : [name];
  const lines: string[] = [];
  const objects: Rail[] = [];
  let [ended, standing] = [0, 0];
  for (const each of names) {
    let removed: Pause[] = [];
    const { object } = await say<Rail>(session, { resource: Guardrail, name: each }, (guardrail) => {
      const parts = withoutPauses(guardrail.spec.paused, by, everybody);
      ({ removed } = parts);
      return removed.length === 0
        ? { is: 'Already', said: '' }
        : { is: 'Patch', patch: patchOf(guardrail, parts.left), said: '' };
    });
    objects.push(object);
    const left = object.spec.paused ?? [];
    ended += removed.length;
    standing += left.length;
    const guardrail = `guardrail ${qualified(object.metadata)}`;
    lines.push(
      ...removed.map((entry) => `${guardrail}: no longer paused for "${entry.reason}" (${entry.by})`),
      ...left.map((entry) => `${guardrail}: still paused by ${entry.by}: ${entry.reason}`),
    );
  }
  if (lines.length === 0) lines.push(`namespace ${session.namespace}: nothing is paused`);
  session.show({ lines: () => lines, objects: typed(Guardrail, objects) });
  if (ended > 0 || standing === 0) return exitCodes.fine;
  session.options.tell('error: none of these pauses is yours: --all takes back those of other people too\n');
  return exitCodes.refused;
}

const pausing = async (session: Session): Promise<string[]> => {
  const all = await session.all<Rail>(Guardrail, { namespace: session.namespace });
  return all.filter(({ spec }) => (spec.paused ?? []).length > 0).map(({ metadata }) => metadata.name);
};
