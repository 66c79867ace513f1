import { Option } from 'commander';
import type { Incident as IncidentObject } from '../../../crds/incident.ts';
import { Incident } from '../../kube/resources.ts';
import type { Backtest } from '../../replay/backtest/backtest.ts';
import type { BacktestReport } from '../../replay/backtest/report.ts';
import { collect, type Declare } from '../command.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import type { Local } from '../local.ts';
import { givenPolicies, withApplied, type Given } from '../policies.ts';
import { checkRecordingOptions, withRecording, withRecordingOptions, type RecordingOptions } from '../recording.ts';
import { backtestLines } from '../render/backtest.ts';
import { counted } from '../render/view.ts';

interface Options extends RecordingOptions {
  readonly filename?: readonly string[];
  readonly compare?: boolean;
  readonly expect?: 'none' | 'fires' | 'incidents';
}

/** `backtest`: what a policy would have judged, and a plan begun, over what was recorded. */
export const backtest: Declare = (program, _act, _print, actLocally) => {
  withRecordingOptions(
    program
      .command('backtest')
      .description('when a policy, applied or not, would have fired, and what its plan would have begun')
      .argument('[policy...]', 'applied policies of the namespace, by name')
      .option(
        '-f, --filename <file>',
        'YAML file with policies, plans and guardrails, as they would be applied; may be given several times',
        collect,
      )
      .option('--compare', 'with --file, which asks no cluster otherwise: set it against the Incidents of the cluster')
      .addOption(
        new Option(
          '--expect <what>',
          `exit with ${exitCodes.failed} unless nothing fires, something does, or just what has an Incident`,
        ).choices(['none', 'fires', 'incidents']),
      ),
  ).action((policies: readonly string[], options: Options) => actLocally((local) => run(local, policies, options)));
};

async function run(local: Local, names: readonly string[], options: Options): Promise<ExitCode> {
  checkRecordingOptions(options);
  const asksCluster = options.file === undefined || options.compare === true || names.length > 0;
  if (options.expect === 'incidents' && !asksCluster)
    throw new Failure(exitCodes.usage, '--expect incidents has to ask the cluster: give --compare too');
  const written = await givenPolicies(local, names, options.filename ?? [], asksCluster);
  const given = asksCluster ? await withApplied(local, written) : written;
  const judged = await judge(local, options, given);
  const compares = options.file === undefined || options.compare === true || options.expect === 'incidents';
  const incidents = compares ? await local.session().all<IncidentObject>(Incident) : undefined;
  const { reportOf } = await import('../../replay/backtest/report.ts');
  const report = reportOf(judged, incidents);
  local.show({ lines: (view) => backtestLines(report, view), objects: [], document: report });
  const problem = options.expect && unexpected(report, options.expect);
  if (problem === undefined) return exitCodes.fine;
  throw new Failure(exitCodes.failed, problem);
}

/** Why a report is not as expected. Where nothing was judged nothing is proven. */
function unexpected({ policies }: BacktestReport, expected: NonNullable<Options['expect']>): string | undefined {
  for (const report of policies) {
    const { policy, fired, targets, withoutEpisode = [] } = report;
    const judged = Object.values(targets).reduce((sum, count) => sum + count, fired.length);
    if (judged === 0) return `${policy} has no target in what was recorded: nothing was judged`;
    const unmatched = fired.filter(({ incident, early }) => incident === undefined && early !== true).length;
    if (expected === 'none' && fired.length > 0)
      return `${policy} fires ${counted(fired.length, 'time')}, expected: none`;
    if (expected === 'fires' && fired.length === 0) return `${policy} never fires, expected: fires`;
    if (expected === 'incidents' && unmatched + withoutEpisode.length > 0)
      return `${policy}: ${counted(unmatched, 'time')} that it fires ${unmatched === 1 ? 'has' : 'have'} no Incident, ${counted(withoutEpisode.length, 'Incident')} without its firing, expected: incidents`;
  }
  return undefined;
}

async function judge(local: Local, options: Options, given: Given): Promise<Backtest> {
  const { backtest: over } = await import('../../replay/backtest/backtest.ts');
  const { rootNamespace } = local.options;
  return withRecording(local, options, (recording) => over(recording, { ...given, rootNamespace }));
}
