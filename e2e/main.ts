/**
 * Runs scenarios against the cluster of KUBECONFIG, or against one of this machine's own that is brought up for it.
 * Prints a table; `--report` writes every figure as JSON. Exit code 1 when a scenario failed.
 */
import { globSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { openSite } from './product/site.ts';
import { startProduct } from './product/product.ts';
import { writeReport } from '../hack/test/report.ts';
import { printTable } from './report.ts';
import { Recorder, recordedKinds } from './runner/recorder.ts';
import { runScenario, type Result } from './runner/run.ts';
import { readScenario, type Scenario } from './runner/scenario.ts';
import type { World } from './runner/world.ts';

const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It has to be a whole number from 1.');
  return Number(text);
};

const options = new Command('e2e')
  .description('Breaks things in a real cluster and checks what Homeostat does about them.')
  .option('--scenario <names...>', 'only these (default: all)')
  .option('--runs <count>', 'run each so many times', whole, 1)
  .option('--sequential', 'one after the other, as figures want it (default: side by side)', false)
  .option('--installed', 'Homeostat is installed already: start neither operator nor agents', false)
  .option('--cluster <name>', 'the cluster to bring up when KUBECONFIG is not set', 'test')
  .option('--report <file>', 'write the results as JSON')
  .parse()
  .opts<{
    scenario?: string[];
    runs: number;
    sequential: boolean;
    installed: boolean;
    cluster: string;
    report?: string;
  }>();

const all = globSync('e2e/scenarios/*.yaml').toSorted().map(readScenario);
const unknown = (options.scenario ?? []).filter((name) => !all.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(`e2e: no scenario ${unknown.join(', ')}; there are ${all.map((scenario) => scenario.name).join(', ')}`);
  process.exit(2);
}
const chosen =
  options.scenario === undefined ? all : all.filter((scenario) => options.scenario?.includes(scenario.name));

const { site, world } = await openSite(options.cluster);
const recorder = new Recorder(world.api);
const product = options.installed ? undefined : await startProduct(site, (words) => console.log(`  ${words}`));
const results: Result[] = [];
try {
  await recorder.start(recordedKinds);
  for (let run = 0; run < options.runs; run++) {
    const batches = options.sequential ? chosen.map((scenario) => [scenario]) : batchesOf(chosen);
    for (const batch of batches) results.push(...(await Promise.all(batch.map((scenario) => runOne(world, scenario)))));
  }
} finally {
  await recorder.stop();
  await product?.stop();
}

printTable(results);
const failed = results.filter((result) => !result.passed);
for (const result of failed)
  console.error(`\n${result.name} FAILED\n${result.problems.map((line) => `  ${line}`).join('\n')}`);
if (options.report !== undefined) {
  const machine = {
    cores: availableParallelism(),
    model: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  writeFileSync(options.report, `${JSON.stringify({ machine, sequential: options.sequential, results }, null, 2)}\n`);
}
writeReport({
  passed: results.filter((result) => result.passed).map(({ name }) => name),
  failed: failed.map(({ name, problems }) => ({ name, message: problems.join('\n') })),
  skipped: 0,
});
process.exit(failed.length > 0 ? 1 : 0);

async function runOne(where: World, scenario: Scenario): Promise<Result> {
  const started = Date.now();
  const result = await runScenario(where, recorder, scenario, (point, atMs, words) => {
    const time = atMs === undefined ? '' : new Date(atMs).toISOString().slice(11, 23);
    console.log(`  ${time.padEnd(12)} ${scenario.name}: ${point}: ${words}`);
  });
  console.log(`${result.passed ? 'ok' : 'FAILED'}: ${scenario.name} (${Math.round((Date.now() - started) / 1000)} s)`);
  return result;
}

/** Those that break a node run by themselves; the rest side by side. */
function batchesOf(scenarios: readonly Scenario[]): Scenario[][] {
  const together = scenarios.filter((scenario) => scenario.alone !== true);
  const alone = scenarios.filter((scenario) => scenario.alone === true).map((scenario) => [scenario]);
  return together.length > 0 ? [together, ...alone] : alone;
}
