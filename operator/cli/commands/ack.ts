import type { Incident as Episode } from '../../../crds/incident.ts';
import { Incident } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { sayToEach } from '../saying.ts';
import { acknowledge } from '../wishes.ts';

/** `ack`: somebody looks after an Incident. */
export const ack: Declare = (program, act) => {
  program
    .command('ack')
    .description('say that you look after an Incident')
    .argument('<incident...>', 'which, as status names them')
    .action((names: string[]) =>
      act(async (session) => {
        const by = await session.me();
        return sayToEach<Episode>(session, Incident, names, (object) => acknowledge(object, by));
      }),
    );
};
