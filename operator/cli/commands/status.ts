import type { DetectionPolicy as Policy } from '../../../crds/detection-policy.ts';
import type { Guardrail as Rail } from '../../../crds/guardrail.ts';
import type { Incident as Episode } from '../../../crds/incident.ts';
import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { hasReason } from '../../kube/api.ts';
import { DetectionPolicy, Guardrail, Incident, Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { typed } from '../output.ts';
import { isQuiet, openIncidents, openRemediations, pausing, renderStatus, type Situation } from '../render/status.ts';
import type { Session } from '../session.ts';

/** `status`: what fires, what runs, what is blocked and why. */
export const status: Declare = (program, act) => {
  program
    .command('status')
    .description('what fires, what is being done about it, what is blocked or paused and why')
    .option('--exit-code', `exit with ${exitCodes.found} when there is anything to look at`)
    .action(({ exitCode = false }: { exitCode?: boolean }) =>
      act(async (session) => {
        const situation = await readSituation(session);
        session.show({
          lines: (view) => renderStatus(situation, view),
          objects: [
            ...typed(Guardrail, pausing(situation)),
            ...typed(Incident, openIncidents(situation)),
            ...typed(Remediation, openRemediations(situation)),
          ],
        });
        return exitCode && !isQuiet(situation) ? exitCodes.found : exitCodes.fine;
      }),
    );
};

async function readSituation(session: Session): Promise<Situation> {
  const { everywhere, server, rootNamespace } = session.options;
  const namespace = everywhere ? undefined : session.namespace;
  const unread: string[] = [];
  const [policies, guardrails, incidents, remediations, overall] = await Promise.all([
    session.all<Policy>(DetectionPolicy, { namespace }),
    session.all<Rail>(Guardrail, { namespace }),
    session.all<Episode>(Incident, { namespace }),
    session.all<Attempt>(Remediation, { namespace }),
    everywhere || namespace === rootNamespace ? [] : rootGuardrails(session, unread),
  ]);
  return { namespace, server, policies, guardrails: [...overall, ...guardrails], incidents, remediations, unread };
}

/** What holds everywhere stands in the root namespace, which not everybody may read. */
async function rootGuardrails(session: Session, unread: string[]): Promise<Rail[]> {
  const { rootNamespace } = session.options;
  try {
    return await session.all<Rail>(Guardrail, { namespace: rootNamespace });
  } catch (error) {
    if (!hasReason(error, 'Forbidden')) throw error;
    unread.push(`the guardrails of ${rootNamespace}, which hold here too: ${error.message}`);
    return [];
  }
}
