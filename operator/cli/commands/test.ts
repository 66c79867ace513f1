import { dirname, join } from 'node:path';
import type { Declare } from '../command.ts';
import { documentsIn } from '../documents.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import type { Local } from '../local.ts';
import { scenarioLines, type ScenarioResult } from '../render/scenarios.ts';

/** `test`: scenarios, series in and verdicts out; asks no cluster. */
export const test: Declare = (program, _act, _print, actLocally) => {
  program
    .command('test')
    .description('play scenarios (series in, verdicts out) to policies, and show where they judge otherwise')
    .argument('<scenario...>', 'YAML files; each document of one is a scenario')
    .addHelpText('after', `\nExample:\n  ${program.name()} test crds/examples/scenarios/*.yaml\n`)
    .action((files: readonly string[]) => actLocally((local) => run(local, files)));
};

async function run(local: Local, files: readonly string[]): Promise<ExitCode> {
  const results: ScenarioResult[] = [];
  for (const file of files) results.push(...(await resultsOf(file, local.options.rootNamespace)));
  if (results.length === 0) throw new Failure(exitCodes.failed, `there is no scenario in ${files.join(', ')}`);
  local.show({ lines: (view) => scenarioLines(results, view), objects: [], document: { scenarios: results } });
  return results.every(({ passed }) => passed) ? exitCodes.fine : exitCodes.failed;
}

async function resultsOf(file: string, rootNamespace: string): Promise<ScenarioResult[]> {
  const [{ scenarioOf }, { policyOf }, { runScenario }] = await Promise.all([
    import('../../replay/scenario/scenario.ts'),
    import('../../replay/scenario/policy.ts'),
    import('../../replay/scenario/run.ts'),
  ]);
  const documents = (name: string): readonly unknown[] => documentsIn(join(dirname(file), name));
  return documentsIn(file)
    .filter((document) => document !== null)
    .map((document, index) => {
      const named = (document as { name?: unknown }).name;
      const name = typeof named === 'string' ? named : `scenario ${index + 1}`;
      try {
        const scenario = scenarioOf(document);
        const { expected, told } = runScenario(scenario, policyOf(scenario, documents, rootNamespace), rootNamespace);
        return { file, name, passed: expected.join('\n') === told.join('\n'), expected, told };
      } catch (error) {
        // One that cannot be understood fails, and does not keep the others from being played.
        return { file, name, passed: false, problem: (error as Error).message };
      }
    });
}
