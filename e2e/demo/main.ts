/**
 * `make demo`: a real cluster, Homeostat on it, three faults, and the loop as it closes, told line by line. Leaves
 * everything running; `--down` ends it.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { endProduct, startAndLeave } from './left-running.ts';
import { closeSite, directoryOf, openSite } from '../product/site.ts';
import { points, runScenario, type Result } from '../runner/run.ts';
import { Recorder, recordedKinds } from '../runner/recorder.ts';
import { readScenario } from '../runner/scenario.ts';

const cluster = 'demo';
const shown = ['child-oom', 'cpu-throttled', 'hung-kubelet'] as const;

const options = new Command('demo')
  .option('--down', 'end what an earlier demo left running', false)
  .option('--report <file>', 'write the times as JSON')
  .parse()
  .opts<{ down: boolean; report?: string }>();

if (options.down) {
  await endProduct(directoryOf(cluster));
  await closeSite(cluster);
  console.log('The demo’s cluster and everything in it has ended.');
  process.exit(0);
}

console.log('Homeostat: faults in a real cluster, found, repaired, verified and undone.\n');
const { site, world } = await openSite(cluster);
await startAndLeave(site, (words) => console.log(`  ${words}`));
const recorder = new Recorder(world.api);
await recorder.start(recordedKinds);

const results: Result[] = [];
for (const name of shown) {
  const scenario = readScenario(`e2e/scenarios/${name}.yaml`);
  if (scenario.nodes === 'real' && world.realNodes.length === 0) {
    console.log(`\n${name}: left out, it needs a real node (see make cluster-status)`);
    continue;
  }
  console.log(`\n${name}: ${scenario.title}`);
  let faultMs: number | undefined;
  results.push(
    await runScenario(
      world,
      recorder,
      scenario,
      (point, atMs, words) => {
        if (point === 'fault') faultMs = atMs;
        const since = atMs === undefined || faultMs === undefined ? '' : `${((atMs - faultMs) / 1000).toFixed(3)} s`;
        console.log(`  ${since.padStart(10)}  ${point.padEnd(12)}  ${words}`);
      },
      { keep: true },
    ),
  );
}
await recorder.stop();

console.log(`\nSeconds from the fault to…`);
const columns = points.filter((point) => point !== 'fault' && point !== 'recovered');
console.log(`${''.padEnd(14)}${columns.map((point) => point.padStart(12)).join('')}`);
for (const { name, times, passed } of results) {
  const cells = columns.map((point) => {
    const at = times[point];
    return (at === undefined || times.fault === undefined ? '–' : ((at - times.fault) / 1000).toFixed(3)).padStart(12);
  });
  console.log(`${name.padEnd(14)}${cells.join('')}${passed ? '' : '   FAILED'}`);
}
for (const { name, problems } of results.filter((result) => !result.passed))
  console.error(`\n${name} FAILED\n${problems.map((line) => `  ${line}`).join('\n')}`);
if (options.report !== undefined) {
  writeFileSync(options.report, `${JSON.stringify({ results }, null, 2)}\n`);
  console.log(`\nThe times are in ${options.report}.`);
}

console.log(`
Everything is left running. Try:

  export KUBECONFIG=${site.kubeconfig} PATH=$PWD/dist:$PWD/node_modules/.bin:${site.programs}:$PATH
  homeostat status -A
  homeostat why node/${world.realNodes.at(-1) ?? 'fake-0'} -n ${site.rootNamespace}
  kubectl get homeostat -A
  kubectl describe remediation -n ${site.rootNamespace}
  kubectl explain detectionpolicy.spec.signals

make demo-down ends it.`);
process.exit(results.some((result) => !result.passed) || results.length === 0 ? 1 : 0);
