import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { sayToEach } from '../saying.ts';
import { decide } from '../wishes.ts';

const decision =
  (name: string, decided: 'Approved' | 'Denied', description: string): Declare =>
  (program, act) => {
    program
      .command(name)
      .description(description)
      .argument('<remediation...>', 'which, as status names them')
      .option('--note <text>', 'why, kept with the decision')
      .action((names: string[], { note }: { note?: string }) =>
        act(async (session) => {
          const by = await session.me();
          return sayToEach<Attempt>(session, Remediation, names, (object) => decide(object, by, decided, note));
        }),
      );
  };

/** `approve`: yes to a Remediation in mode Approve. */
export const approve = decision('approve', 'Approved', 'let a Remediation begin that waits for approval');

/** `deny`: no to it. */
export const deny = decision(
  'deny',
  'Denied',
  'say no to a Remediation: it ends, and nothing more is tried for its Incident',
);
