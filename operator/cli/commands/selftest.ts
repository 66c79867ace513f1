import { InvalidArgumentError, Option } from 'commander';
import type { FaultKind } from '../../replay/selftest/faults.ts';
import { collect, type Declare } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Local } from '../local.ts';
import { givenPolicies } from '../policies.ts';
import { checkRecordingOptions, withRecording, withRecordingOptions, type RecordingOptions } from '../recording.ts';
import { selftestLines } from '../render/selftest.ts';

interface Options extends RecordingOptions {
  readonly filename?: readonly string[];
  readonly faults: readonly FaultKind[];
  readonly signal?: string;
  readonly rounds: number;
  readonly seed: number;
  readonly faultsPerWeek: number;
}

const kinds: readonly FaultKind[] = ['spike', 'shift', 'drift', 'stuck', 'dropout', 'kill'];

/** `selftest`: whether policies would notice faults, and how often their alarms would be right. */
export const selftest: Declare = (program, _act, _print, actLocally) => {
  withRecordingOptions(
    program
      .command('selftest')
      .description(
        'put faults into copies of what was recorded, and tell how many a policy finds, how late, how surely',
      )
      .argument('[policy...]', 'applied policies of the namespace, by name')
      .option(
        '-f, --filename <file>',
        'YAML file with policies, as they would be applied; may be given several times',
        collect,
      )
      .addOption(
        new Option('--faults <kinds>', `which, comma-separated, of ${kinds.join(', ')}`)
          .default(kinds, 'all')
          .argParser(kindsOf),
      )
      .option('--signal <name>', 'only into the metric of this signal; default: of any signal of the policy')
      .option('--rounds <count>', 'how often the recording is judged with faults in it', whole(1, 10_000), 12)
      .option('--seed <number>', 'where and when they are follows from it', whole(0, 2 ** 31), 1)
      .option('--faults-per-week <number>', 'how many really happen to one target', positive, 1),
  ).action((policies: readonly string[], options: Options) => actLocally((local) => run(local, policies, options)));
};

async function run(local: Local, names: readonly string[], options: Options): Promise<ExitCode> {
  checkRecordingOptions(options);
  const hasCluster = options.file === undefined || names.length > 0;
  const { policies } = await givenPolicies(local, names, options.filename ?? [], hasCluster);
  const { selftest: over } = await import('../../replay/selftest/selftest.ts');
  const { faults, signal, rounds, seed, faultsPerWeek } = options;
  const { rootNamespace } = local.options;
  const wanted = { rootNamespace, seed, kinds: faults, signal, rounds, faultsPerWeek };
  const results = await withRecording(local, options, (recording) =>
    policies.map((policy) => over(recording, policy, wanted)),
  );
  local.show({
    lines: (view) => selftestLines(results, view),
    objects: [],
    document: { seed, rounds, policies: results },
  });
  return exitCodes.fine;
}

function kindsOf(text: string): readonly FaultKind[] {
  const words = text.split(',').map((word) => word.trim());
  const known = kinds.filter((kind) => words.includes(kind));
  if (known.length !== words.length) throw new InvalidArgumentError(`There are ${kinds.join(', ')}.`);
  return known;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
}
