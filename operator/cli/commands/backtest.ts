import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import type { DetectionPolicy as PolicyObject } from '../../../crds/detection-policy.ts';
import type { Guardrail as GuardrailObject } from '../../../crds/guardrail.ts';
import type { Incident as IncidentObject } from '../../../crds/incident.ts';
import type { RemediationPlan as PlanObject } from '../../../crds/remediation-plan.ts';
import type { Backtest } from '../../replay/backtest/backtest.ts';
import type { BacktestReport } from '../../replay/backtest/report.ts';
import type { KubeObject } from '../../kube/api.ts';
import { DetectionPolicy, Guardrail, Incident, RemediationPlan } from '../../kube/resources.ts';
import { collect, type Declare } from '../command.ts';
import { objectsIn } from '../documents.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import { read, readIfThere } from '../find.ts';
import { durationMs } from '../follow.ts';
import type { Local } from '../local.ts';
import { backtestLines } from '../render/backtest.ts';
import { withStream, type StreamOptions } from '../stream-options.ts';

interface Options extends StreamOptions {
  readonly filename?: readonly string[];
  readonly file?: string;
  readonly since?: string;
  readonly compare?: boolean;
  readonly expect?: 'none' | 'fires' | 'incidents';
}

interface Given {
  readonly policies: readonly PolicyObject[];
  readonly plans: readonly PlanObject[];
  readonly guardrails: readonly GuardrailObject[];
}

/** `backtest`: what a policy would have judged, and a plan begun, over what was recorded. */
export const backtest: Declare = (program, _act, _print, actLocally) => {
  withStream(
    program
      .command('backtest')
      .description('when a policy, applied or not, would have fired, and what its plan would have begun')
      .argument('[policy...]', 'applied policies of the namespace, by name')
      .option(
        '-f, --filename <file>',
        'YAML file with policies, plans and guardrails, as they would be applied; may be given several times',
        collect,
      )
      .option('--file <recording>', 'judge a recording; asks no cluster unless --compare is given or a policy is named')
      .option('--since <time>', 'judge the stream of the cluster, from so far back')
      .option('--compare', 'with --file: set it against the Incidents of the cluster')
      .addOption(
        new Option(
          '--expect <what>',
          `exit with ${exitCodes.failed} unless nothing fires, something does, or just what has an Incident`,
        ).choices(['none', 'fires', 'incidents']),
      ),
  ).action((policies: readonly string[], options: Options) => actLocally((local) => run(local, policies, options)));
};

async function run(local: Local, names: readonly string[], options: Options): Promise<ExitCode> {
  if ((options.file === undefined) === (options.since === undefined))
    throw new Failure(exitCodes.usage, 'give either --file RECORDING or --since TIME, such as --since 1h');
  const asksCluster = options.file === undefined || options.compare === true || names.length > 0;
  if (options.expect === 'incidents' && !asksCluster)
    throw new Failure(exitCodes.usage, '--expect incidents has to ask the cluster: give --compare too');
  const given = await objectsOf(local, names, options, asksCluster);
  const judged = await judge(local, options, given);
  const compares = options.file === undefined || options.compare === true || options.expect === 'incidents';
  const incidents = compares ? await local.session().all<IncidentObject>(Incident) : undefined;
  const { reportOf } = await import('../../replay/backtest/report.ts');
  const report = reportOf(judged, incidents);
  local.show({ lines: (view) => backtestLines(report, view), objects: [], document: report });
  if (isAsExpected(report, options.expect)) return exitCodes.fine;
  local.surroundings.tell(`error: not as expected by --expect ${options.expect}\n`);
  return exitCodes.failed;
}

function isAsExpected({ policies }: BacktestReport, expected: Options['expect']): boolean {
  switch (expected) {
    case undefined:
      return true;
    case 'none':
      return policies.every(({ fired }) => fired.length === 0);
    case 'fires':
      return policies.every(({ fired }) => fired.length > 0);
    case 'incidents':
      return policies.every(
        ({ fired, withoutEpisode = [] }) =>
          withoutEpisode.length === 0 && fired.every(({ incident, early }) => incident !== undefined || early === true),
      );
  }
}

/** The policies, and what their routes and guards need: from files first, then from the cluster. */
async function objectsOf(
  local: Local,
  names: readonly string[],
  { filename = [] }: Options,
  asksCluster: boolean,
): Promise<Given> {
  const namespace = local.options.namespace ?? (asksCluster ? local.session().namespace : 'default');
  const written = objectsIn(filename, namespace);
  const of = <T extends KubeObject>(kind: string): T[] => written.filter((object) => object.kind === kind) as T[];
  const policies = of<PolicyObject>('DetectionPolicy');
  const plans = of<PlanObject>('RemediationPlan');
  const guardrails = of<GuardrailObject>('Guardrail');
  for (const name of names) {
    const found = await read<PolicyObject>(local.session().in(namespace), { resource: DetectionPolicy, name });
    policies.push({ ...found, apiVersion: 'homeostat.dev/v1alpha1', kind: 'DetectionPolicy' });
  }
  if (policies.length === 0)
    throw new Failure(exitCodes.usage, 'there is no policy: give -f FILE with a DetectionPolicy, or the name of one');
  if (!asksCluster) return { policies, plans, guardrails };
  const routes = policies.flatMap(({ metadata, spec }) =>
    // What is wrong with a policy is told when it is put into force.
    ((spec as Partial<PolicyObject['spec']> | undefined)?.routes ?? []).flatMap(({ plan }) =>
      plan === undefined ? [] : [{ namespace: metadata.namespace ?? '', name: plan }],
    ),
  );
  const isThere = (wanted: { namespace: string; name: string }): boolean =>
    plans.some(({ metadata }) => metadata.name === wanted.name && metadata.namespace === wanted.namespace);
  for (const wanted of routes) {
    if (isThere(wanted)) continue;
    const reference = { resource: RemediationPlan, name: wanted.name };
    const plan = await readIfThere<PlanObject>(local.session().in(wanted.namespace), reference);
    if (plan !== undefined) plans.push({ ...plan, apiVersion: 'homeostat.dev/v1alpha1', kind: 'RemediationPlan' });
  }
  const isWritten = (rail: KubeObject): boolean =>
    guardrails.some(({ metadata }) => metadata.name === rail.metadata.name);
  const applied = await local.session().all<GuardrailObject>(Guardrail);
  return { policies, plans, guardrails: [...guardrails, ...applied.filter((rail) => !isWritten(rail))] };
}

async function judge(local: Local, options: Options, given: Given): Promise<Backtest> {
  const [{ backtest: over }, { Recording }] = await Promise.all([
    import('../../replay/backtest/backtest.ts'),
    import('../../replay/recording/reader.ts'),
  ]);
  const judged = (path: string): Backtest =>
    over(new Recording(path), { ...given, rootNamespace: local.options.rootNamespace });
  if (options.file !== undefined) return judged(options.file);
  const { save } = await import('../../replay/save.ts');
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-backtest-'));
  try {
    const path = join(directory, 'window.hrec');
    const { api, options: here } = local.session();
    await save(path, {
      api,
      clock: here.clock,
      natsUrl: options.natsUrl,
      prefix: options.subjectPrefix,
      nodes: options.node,
      sinceMs: durationMs(options.since ?? '1h'),
      forMs: 0,
      writtenBy: here.version,
      ending: new AbortController().signal,
    });
    return judged(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
