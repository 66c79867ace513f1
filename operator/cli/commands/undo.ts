import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import { referenceOf } from '../find.ts';
import { durationMs, follow } from '../follow.ts';
import { typed } from '../output.ts';
import { isTakenBack, outcomeOfUndo, renderUndo } from '../render/undo.ts';
import { say } from '../saying.ts';
import type { Session } from '../session.ts';
import { undo as wish } from '../wishes.ts';

interface Options {
  readonly reason: string;
  readonly wait: boolean;
  readonly timeout: string;
  readonly exitCode?: boolean;
}

/** `undo`: everything a Remediation did is taken back; waits and tells what became of each change. */
export const undo: Declare = (program, act) => {
  program
    .command('undo')
    .description('take back what a Remediation did, and tell what was restored and what others have changed since')
    .argument('<remediation>', 'which, as status names it')
    .option('--reason <text>', 'why, kept with the wish', 'asked for on the command line')
    .option('--no-wait', 'only say it')
    .option('--timeout <time>', 'how long to wait', '2m')
    .option('--exit-code', `exit with ${exitCodes.found} when something could not be restored or was left alone`)
    .action((name: string, options: Options) => act((session) => undoAndWait(session, name, options)));
};

async function undoAndWait(session: Session, name: string, options: Options): Promise<ExitCode> {
  const timeoutMs = durationMs(options.timeout);
  const reference = referenceOf([name], [Remediation]);
  if (typeof reference === 'string') throw new Failure(exitCodes.usage, 'give the name of a Remediation');
  const by = await session.me();
  const { object, said } = await say<Attempt>(session, reference, (asked) => wish(asked, by, options.reason));
  const show = (attempt: Attempt, lines?: string[]): void =>
    session.show({
      lines: (view) => lines ?? renderUndo(attempt, view),
      objects: typed(Remediation, [attempt]),
      single: true,
    });
  if (!options.wait) {
    show(object, [`remediation ${reference.name}: ${said}`]);
    return exitCodes.fine;
  }
  const followed = await follow<Attempt>(session, Remediation, object, isTakenBack, timeoutMs);
  if (followed.is === 'Deleted') {
    show(followed.last, [
      `remediation ${reference.name} was deleted meanwhile: what it is to take back is taken back first`,
    ]);
    return exitCodes.fine;
  }
  if (followed.is === 'TimedOut') {
    const { metadata, status } = followed.last;
    const isUnseen = (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);
    const why = isUnseen ? 'the operator has not taken it up: is it running?' : 'it is still under way.';
    if (!isUnseen) show(followed.last);
    throw new Failure(
      exitCodes.timedOut,
      `remediation ${reference.name} is not taken back after ${options.timeout}: ${why} The wish stands; ${session.options.program} why remediation ${reference.name} -n ${session.namespace} tells how it goes on`,
    );
  }
  show(followed.object);
  const outcome = outcomeOfUndo(followed.object);
  if (outcome === 'Failed') return exitCodes.failed;
  return options.exitCode && outcome === 'Partly' ? exitCodes.found : exitCodes.fine;
}
