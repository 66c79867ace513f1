import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { sayToEach } from '../saying.ts';
import { cancel as wish } from '../wishes.ts';

/** `cancel`: no further step begins. */
export const cancel: Declare = (program, act) => {
  program
    .command('cancel')
    .description('let no further step of a Remediation begin; what is done stays (undo takes it back)')
    .argument('<remediation...>', 'which, as status names them')
    .option('--reason <text>', 'why, kept with the wish', 'asked for on the command line')
    .action((names: string[], { reason }: { reason: string }) =>
      act(async (session) => {
        const by = await session.me();
        return sayToEach<Attempt>(session, Remediation, names, (object) => wish(object, by, reason));
      }),
    );
};
