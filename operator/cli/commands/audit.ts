import { createHash } from 'node:crypto';
import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { anchorsName } from '../../audit/anchor.ts';
import { renderReports } from '../../audit/render.ts';
import { verify, verifyChain, type ChainReport } from '../../audit/verify.ts';
import { hasReason, type KubeObject } from '../../kube/api.ts';
import { ConfigMap, Remediation } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes, Failure } from '../exit.ts';
import { typed } from '../output.ts';
import { section } from '../render/view.ts';
import type { Session } from '../session.ts';

interface Anchors extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface Read {
  readonly remediations: readonly Attempt[];
  readonly anchors: Readonly<Record<string, string>> | undefined;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** How often it is read again while links are being appended. */
const tries = 5;

/** `audit verify`: whether the records are as they were sealed. */
export const audit: Declare = (program, act) => {
  program
    .command('audit')
    .description('the chain of sealed Remediations')
    .command('verify')
    .description(
      'whether any record was changed, removed or put elsewhere since it was sealed; names the first bad one',
    )
    .addHelpText(
      'after',
      '\nExit code 1 when something was found. The last hash that it prints, kept elsewhere, shows when a whole chain was made anew.\n',
    )
    .action(() =>
      act(async (session) => {
        const { remediations, anchors } = await readSteady(session);
        const { namespace } = session;
        const reports = session.options.everywhere
          ? verify(remediations, anchors, digest)
          : [verifyChain(namespace, remediations, anchors?.[namespace], digest)];
        const bad = new Set(
          reports.flatMap(({ problems }) => problems.map(({ namespace: of, name }) => `${of}/${name}`)),
        );
        session.show({
          lines: (view) => [
            ...renderReports(reports.filter(isBegun)).trimEnd().split('\n'),
            ...section(view, 'NEXT', whoDidThat(reports)),
          ],
          objects: typed(
            Remediation,
            remediations.filter(({ metadata }) => bad.has(`${metadata.namespace}/${metadata.name}`)),
          ),
          document: { chains: reports },
        });
        return reports.every(({ problems }) => problems.length === 0) ? exitCodes.fine : exitCodes.failed;
      }),
    );
};

/** Where it stands who changed, or removed, the first bad record of each chain. */
const whoDidThat = (reports: readonly ChainReport[]): string[] =>
  reports.flatMap(({ problems }) => {
    const [first] = problems;
    if (first?.name === undefined) return [];
    const { kind, namespace, name } = first;
    return kind === 'Changed'
      ? [
          `kubectl get remediations.homeostat.dev ${name} -n ${namespace} -o yaml --show-managed-fields   (who wrote what, and when)`,
        ]
      : [`the audit log of the API server, for remediations.homeostat.dev ${namespace}/${name}   (who did that)`];
  });

/** Whether there is anything to tell of a chain. */
const isBegun = ({ links, problems, unsealed }: ChainReport): boolean =>
  links > 0 || problems.length > 0 || unsealed.length > 0;

/** Records and anchors that belong together: nothing was appended while the records were read. */
async function readSteady(session: Session): Promise<Read> {
  const namespace = session.options.everywhere ? undefined : session.namespace;
  let before = await readAnchors(session);
  for (let left = tries; left > 0; left--) {
    const remediations = await session.all<Attempt>(Remediation, { namespace });
    const after = await readAnchors(session);
    if (before?.metadata.resourceVersion === after?.metadata.resourceVersion)
      return { remediations, anchors: after?.data };
    before = after;
  }
  throw new Failure(exitCodes.timedOut, 'Remediations are being sealed all the time just now: try again in a moment');
}

async function readAnchors({ api, options }: Session): Promise<Anchors | undefined> {
  try {
    return await api.get<Anchors>(ConfigMap, { namespace: options.rootNamespace, name: anchorsName });
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
