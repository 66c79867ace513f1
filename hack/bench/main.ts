/**
 * `npm run bench`: measures, and prints one JSON object on standard output; what it is doing goes to standard error.
 * docs/benchmarks.md says how each figure comes about and what it does not say.
 */
import { globSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { agentBench } from '../../agents/agent.bench.ts';
import { startProduct } from '../../e2e/product/product.ts';
import { endsWithProcess, openSite } from '../../e2e/product/site.ts';
import { Recorder, recordedKinds } from '../../e2e/runner/recorder.ts';
import { readScenario } from '../../e2e/runner/scenario.ts';
import { historyBench } from '../../engine/history/history.bench.ts';
import { bundle } from '../build/main.ts';
import { lineProgress, tool } from '../cluster/index.ts';
import { RemediationPlan } from '../../operator/kube/resources.ts';
import { decideBench } from '../../operator/decide/decide.bench.ts';
import { evaluateCosts } from './evaluate.ts';
import { footprints, type FootprintSite } from './footprint.ts';
import { frameCosts } from './frames.ts';
import { heapBench } from './heap.ts';
import { latencyBench, type LoopSite } from './latency.ts';
import { thisMachine } from './machine.ts';
import { scenarioFigures } from './scenarios.ts';
import { stormBench, type StormSite } from './storm.ts';
import { kwokBench } from './stream/kwok.ts';
import { streamBench, type StreamFigures } from './stream/stream.ts';

const parts = [
  'frames',
  'evaluate',
  'history',
  'decide',
  'heap',
  'agent',
  'loop',
  'scenarios',
  'storm',
  'fleet',
  'stream',
  'kwok',
] as const;
type Part = (typeof parts)[number];

/** As its DaemonSet runs it: NODE_OPTIONS in the chart. */
const agentHeap = ['--max-semi-space-size=1', '--v8-pool-size=0'];

const partsOf = (text: string): readonly Part[] =>
  text.split(',').map((name) => {
    const part = parts.find((candidate) => candidate === name);
    if (part === undefined) throw new InvalidArgumentError(`It has to be some of ${parts.join(',')}.`);
    return part;
  });
const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It has to be a whole number from 1.');
  return Number(text);
};

const counts = (text: string): readonly number[] => text.split(',').map(whole);

const options = new Command('bench')
  .description('Measures Homeostat; JSON on standard output.')
  .option('--only <parts>', parts.join(','), partsOf, parts)
  .option('--runs <count>', 'runs of each scenario', whole, 5)
  .option('--rounds <count>', 'failures of each simulated node in the loop', whole, 20)
  .option('--pods <counts>', 'pods on the measured node, one run each', counts, [30, 110])
  .option('--storm <count>', 'simulated nodes that fail at once', whole, 1000)
  .option('--fleet <count>', 'simulated nodes beside those of the loop', whole, 5000)
  .option('--stream <counts>', 'nodes of the stream, one run each', counts, [500, 1000, 2500, 5000])
  .option('--kwok <count>', 'nodes of the stream whose objects a real control plane has', whole, 5000)
  .option('--seconds <count>', 'how long each run of the stream is measured', whole, 600)
  .option('--cluster <name>', 'the cluster to bring up when KUBECONFIG is not set', 'bench')
  .parse()
  .opts<{
    only: readonly Part[];
    runs: number;
    rounds: number;
    pods: readonly number[];
    storm: number;
    fleet: number;
    stream: readonly number[];
    kwok: number;
    seconds: number;
    cluster: string;
  }>();

// Whatever is brought up on the way tells its progress: standard output is for the figures alone.
console.log = console.error;
/** Whether the clusters are ours, to be removed afterwards. */
const isOurs = process.env['KUBECONFIG'] === undefined;
const nothing = (): Promise<void> => Promise.resolve();
const machine = thisMachine();
const figures: Record<string, unknown> = {};
const indented = (words: string): void => console.error(`  ${words}`);
const measure = async (part: Part, what: string, work: () => unknown): Promise<void> => {
  if (!options.only.includes(part)) return;
  console.error(`${part}: ${what} …`);
  try {
    figures[part] = await work();
  } catch (error) {
    failed(part, error);
  }
};
function failed(part: Part, error: unknown): void {
  figures[part] = { failed: String(error) };
  console.error(error);
  process.exitCode = 1;
}

await measure('frames', 'encoding and decoding, beside JSON', () => frameCosts());
await measure('evaluate', 'from bytes to verdicts, beside a naive evaluator', () => evaluateCosts());
await measure('history', 'sketches of samples', () => [1_100, 22_000, 150_000].map((count) => historyBench(count)));
await measure('decide', 'a decision while very many are blocked', () =>
  [125, 1000, 8000].map((count) => decideBench(count)),
);
await measure('heap', 'what a pod takes of the heap, piece by piece', () => heapBench());
if (options.only.some((part) => part === 'agent' || part === 'loop' || part === 'scenarios')) await onCluster();
await onSimulated('storm', options.storm, (site) =>
  measure('storm', `${options.storm} nodes fail at once`, () => stormBench(site, site.recorder, site.fakeNodes)),
);
await onSimulated('fleet', options.fleet, (site) =>
  measure('fleet', `sample to write beside ${options.fleet} nodes, 6 nodes x ${options.rounds}`, () =>
    latencyBench(site, site.recorder, site.fakeNodes.slice(0, 6), options.rounds),
  ),
);
await measure('stream', `one operator and ${options.stream.join(', ')} nodes of 30 pods`, async () => {
  process.env['NATS_SERVER'] ??= await tool('nats-server', process.env, lineProgress(console.error));
  await bundle('dist', ['operator']);
  const runs: StreamFigures[] = [];
  for (const nodes of options.stream) runs.push(await streamBench(nodes, options.seconds, indented));
  return runs;
});
await measure('kwok', `one operator and ${options.kwok} nodes of 2 pods of a real control plane`, async () => {
  await bundle('dist', ['operator']);
  return kwokBench(`${options.cluster}-kwok`, options.kwok, options.seconds, indented);
});
process.stdout.write(`${JSON.stringify({ machine, ...figures }, null, 2)}\n`);

/** What needs many nodes and no real one: a cluster of its own, for its control plane is tuned for it. */
async function onSimulated(
  part: Part,
  nodes: number,
  work: (site: LoopSite & StormSite & { recorder: Recorder; fakeNodes: readonly string[] }) => Promise<void>,
): Promise<void> {
  if (!options.only.includes(part)) return;
  const name = `${options.cluster}-${part}`;
  const remove = isOurs ? endsWithProcess(name) : nothing;
  const { site, world } = await openSite(name, 0, nodes, 'scale');
  const recorder = new Recorder(world.api);
  try {
    const product = await startProduct({ ...site, fakeNodes: [] }, indented);
    try {
      await recorder.start([...recordedKinds, RemediationPlan]);
      await work({ ...site, ...world, operatorUrl: product.operatorUrl, recorder });
    } finally {
      await recorder.stop();
      await product.stop();
    }
  } catch (error) {
    failed(part, error);
  } finally {
    await remove();
  }
}

/** What needs a cluster: brought up for it, unless KUBECONFIG names one. */
async function onCluster(): Promise<void> {
  const remove = isOurs ? endsWithProcess(options.cluster) : nothing;
  const { site, world } = await openSite(options.cluster, 3, 6);
  const recorder = new Recorder(world.api);
  // No simulator: the agents of the simulated nodes are those of the loop's own measurement.
  const product = await startProduct({ ...site, fakeNodes: [] }, indented);
  try {
    await recorder.start(recordedKinds);
    await measure(
      'agent',
      `memory and CPU of an agent and the operator, ${options.pods.join(', ')} pods on a node`,
      () => agentFigures({ ...site, ...world, operatorUrl: product.operatorUrl }, site.realNodes[0]),
    );
    await measure('loop', `sample to write, ${site.fakeNodes.length} nodes x ${options.rounds}`, () =>
      latencyBench({ ...site, ...world }, recorder, site.fakeNodes, options.rounds),
    );
    await measure('scenarios', `fault to write, ${options.runs} runs each`, () =>
      scenarioFigures(
        world,
        recorder,
        globSync('e2e/scenarios/*.yaml')
          .toSorted()
          .map(readScenario)
          .filter(({ expect, nodes }) => 'remediation' in expect && (nodes === 'any' || world.realNodes.length > 0)),
        options.runs,
        indented,
      ),
    );
  } finally {
    await recorder.stop();
    await product.stop();
    await remove();
  }
}

/** An agent by itself, and with real pods on a node: a run for each number of pods. */
async function agentFigures(site: FootprintSite & { natsUrl: string }, node: string | undefined): Promise<unknown> {
  const command = [process.execPath, ...agentHeap, 'dist/agent.cjs'];
  const scored = ['k8s.container.memory.working_set', 'k8s.container.cpu.usage'] as const;
  const runs: unknown[] = [];
  for (const pods of options.pods) {
    indented(`an agent by itself, ${pods} pods`);
    const alone = await agentBench(command, site.natsUrl, pods);
    runs.push({ alone, scoring: await agentBench(command, site.natsUrl, pods, 15, scored) });
  }
  if (node === undefined) return { runs, notMeasured: 'on a cluster: no node runs pods' };
  return { runs, onCluster: await footprints(site, node, options.pods, 30, indented) };
}
process.exit();
