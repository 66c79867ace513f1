/**
 * `make compare`: Homeostat beside Prometheus and Alertmanager, at their defaults and as fast as they go, on the same faults
 * in the same cluster at the same time, while healthy workloads come and go. JSON and a Markdown table; docs/benchmarks.md
 * says what the figures mean.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { startProduct } from '../../e2e/product/product.ts';
import { endsWithProcess, openSite } from '../../e2e/product/site.ts';
import { Recorder } from '../../e2e/runner/recorder.ts';
import { until } from '../../e2e/runner/world.ts';
import * as resources from '../../operator/kube/resources.ts';
import { medianOf, rounded } from '../bench/compare.ts';
import { thisMachine } from '../bench/machine.ts';
import { lineProgress, pidOf } from '../cluster/index.ts';
import { breakOnce, type FaultRun } from './faults.ts';
import { live, settle } from './healthy.ts';
import { healthyNamespace } from './healthy-objects.ts';
import { startMonitoring, type Alarm } from './monitoring.ts';
import { markingExample, watchingExamples } from './policies.ts';
import { peers, peerVersions } from './programs.ts';
import { markdownOf, type Report } from './report.ts';
import { StateMetrics } from './state-metrics.ts';
import { faultNames, paces, systemNames, type FaultName, type SystemName } from './systems.ts';
import { processesWith, Usage } from './usage.ts';
import { Writer } from './writer.ts';

const number = (text: string): number => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It has to be a number.');
  return Number(text);
};
const faultsOf = (text: string): readonly FaultName[] =>
  (text === '' ? [] : text.split(',')).map((name) => {
    const fault = faultNames.find((candidate) => candidate === name);
    if (fault === undefined) throw new InvalidArgumentError(`It has to be some of ${faultNames.join(',')}.`);
    return fault;
  });

const options = new Command('compare')
  .description('Homeostat beside Prometheus and Alertmanager, on the same faults in the same cluster.')
  .option('--runs <count>', 'how often each fault is made', number, 3)
  .option('--faults <names>', 'which ones', faultsOf, faultNames)
  .option('--healthy-minutes <minutes>', 'at least so long do healthy workloads come and go', number, 5)
  .option('--speed <factor>', 'how fast they do: 1 is about forty pods a minute', number, 1)
  .option('--settle-seconds <seconds>', 'from the readiness of a workload to its fault', number, 330)
  .option('--wait-seconds <seconds>', 'from a fault to the last system’s write', number, 420)
  .option('--output <directory>', 'where report.json and report.md are written', 'dist/compare')
  .option('--cluster <name>', 'the cluster to bring up and to remove', 'compare')
  .parse()
  .opts<{
    runs: number;
    faults: readonly FaultName[];
    healthyMinutes: number;
    speed: number;
    settleSeconds: number;
    waitSeconds: number;
    output: string;
    cluster: string;
  }>();

if (process.env['KUBECONFIG'] !== undefined) {
  console.error('compare: it stops kubelets, so it brings up a cluster of its own: unset KUBECONFIG');
  process.exit(2);
}
endsWithProcess(options.cluster);

const say = (words: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${words}`);
const progress = lineProgress((line) => console.log(line));
const machine = thisMachine();
const programs = await peers(progress);
const { site, world, cluster } = await openSite(options.cluster, 2, 3, 'default');
const [healthyNode] = world.realNodes;
if (cluster?.directory === undefined || healthyNode === undefined || world.realNodes.length < 2)
  throw new Error('the comparison needs two nodes that are real; see make cluster-status');
const { api, kubectl } = world;
const product = await startProduct({ ...site, fakeNodes: [] }, say);
const incidents = new Recorder(api);
await incidents.start([resources.Incident]);
await settle(api, healthyNode);
await kubectl(['apply', '-n', site.rootNamespace, '-f', '-'], markingExample('hung-kubelet'));
for (const name of watchingExamples) await kubectl(['apply', '-n', healthyNamespace, '-f', '-'], markingExample(name));
await until('every policy to be Ready', 120_000, async () => {
  const { items } = await api.list<DetectionPolicy>(resources.DetectionPolicy);
  return items.every(({ status }) => status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'))
    ? true
    : undefined;
});

const stateMetrics = new StateMetrics(api);
const writer = new Writer(api);
const around = {
  kubelets: cluster.nodes.flatMap(({ name, address }) => (address === undefined ? [] : [{ node: name, address }])),
  pki: join(cluster.directory, 'pki'),
  stateMetrics: await stateMetrics.start(),
};
const webhookUrl = await writer.start();
const monitoring = await Promise.all(
  paces.map((pace) => startMonitoring(pace, programs, around, webhookUrl, join(site.directory, pace.name))),
);
say('Homeostat and both pairs of Prometheus and Alertmanager run');

const fromMs = Date.now();
const usage = new Usage({
  'homeostat/operator': [product.operator.pid],
  'homeostat/agents': processesWith(`HOMEOSTAT_NATS_URL=${site.natsUrlFromPods}`, '--cgroup-root=/host/cgroup'),
  'homeostat/broker': [pidOf(cluster, 'nats') ?? 0],
  ...Object.fromEntries(
    monitoring.flatMap(({ name, prometheus, alertmanager }) => [
      [`${name}/prometheus`, [prometheus.pid]],
      [`${name}/alertmanager`, [alertmanager.pid]],
    ]),
  ),
  'both kubelets': world.realNodes.flatMap((node) => pidOf(cluster, { node, program: 'kubelet' }) ?? []),
});
const loads: number[] = [];
const looking = setInterval(() => loads.push(loadavg()[0] ?? 0), 10_000);
const life = live(api, healthyNode, options.speed);
const runs: FaultRun[] = [];
const problems: string[] = [];
await Promise.all([everyFault(), healthyTime()]);
await life.end();
const toMs = Date.now();
clearInterval(looking);
const cost = usage.end();

const alarms = await Promise.all(
  monitoring.map(async (one) => [one.name, (await one.alarms(fromMs, toMs)).filter(isFalse)] as const),
);
const falseAlarms = Object.fromEntries([
  ['homeostat', incidentsBetween()],
  ...alarms,
]) as Report['healthy']['falseAlarms'];
const report: Report = {
  machine,
  versions: peerVersions(),
  load: { median: rounded(medianOf(loads), 1), most: rounded(Math.max(...loads), 1) },
  faults: runs,
  problems,
  healthy: {
    minutes: rounded((toMs - fromMs) / 60_000, 1),
    life: life.counts,
    podsStarted: stateMetrics.podsSeen.get(healthyNamespace) ?? 0,
    falseAlarms,
    written: Object.fromEntries(
      await Promise.all(systemNames.map(async (system) => [system, await writtenBy(system)] as const)),
    ) as Report['healthy']['written'],
  },
  failedScrapes: Object.fromEntries(
    await Promise.all(
      monitoring.map(async (one) => [one.name, await one.failedScrapes(healthyNode, fromMs, toMs)] as const),
    ),
  ),
  cost,
};
const markdown = markdownOf(report);
mkdirSync(options.output, { recursive: true });
writeFileSync(join(options.output, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(join(options.output, 'report.md'), markdown);
console.log(`\n${markdown}`);
for (const system of systemNames)
  for (const { policy, target, fromMs: at, toMs: end } of falseAlarms[system])
    say(`${system}: ${policy} of ${target}, ${new Date(at).toISOString().slice(11, 19)} for ${(end - at) / 1000} s`);
for (const problem of problems) console.error(problem);
say(`load ${report.load.median} (median), ${report.load.most} (most); written to ${options.output}`);

await Promise.all([...monitoring.map((one) => one.stop()), product.stop(), stateMetrics.stop(), incidents.stop()]);
writer.stop();
process.exit(problems.length > 0 ? 1 : 0);

async function everyFault(): Promise<void> {
  const patience = { settleSeconds: options.settleSeconds, writeSeconds: options.waitSeconds };
  for (let run = 1; run <= options.runs; run++)
    await Promise.all(
      options.faults.map(async (fault) => {
        try {
          const found = await breakOnce(world, fault, patience);
          runs.push(found);
          const times = systemNames.map((system) => `${system} ${found.seconds[system] ?? '–'}`).join(', ');
          say(
            `${fault} ${run}/${options.runs}: ${times}${found.early.length > 0 ? `; early: ${found.early.join()}` : ''}`,
          );
        } catch (error) {
          problems.push(`${fault} ${run}/${options.runs}: ${String(error)}`);
          say(problems.at(-1) ?? '');
        }
      }),
    );
}

async function healthyTime(): Promise<void> {
  const minutes = Math.ceil(options.healthyMinutes);
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(Math.min(60_000, options.healthyMinutes * 60_000));
    if (minute % 5 === 0 || minute === minutes) {
      const { rollouts, scalings, jobs, refused } = life.counts;
      const alarms = `${incidentsBetween().length} Incidents, ${writer.told.filter(isFalse).length} alerts told`;
      say(
        `healthy ${minute}/${minutes} min: ${rollouts} rollouts, ${scalings} scalings, ${jobs} Jobs, ${refused} refused: ${alarms}`,
      );
    }
  }
}

/** Whether this is about what was healthy: the namespace of that name, or a node whose kubelet was not made to hang just then. */
function isFalse({
  target,
  ...times
}: {
  readonly target: string;
  readonly fromMs?: number;
  readonly atMs?: number;
}): boolean {
  if (target.includes('/')) return target.startsWith(`${healthyNamespace}/`);
  if (target !== world.realNodes.at(-1)) return true;
  const atMs = times.fromMs ?? times.atMs ?? 0;
  return !runs.some((run) => run.fault === 'hung-kubelet' && atMs >= run.atMs - 1000 && atMs <= run.endedMs + 90_000);
}

function targetName({ namespace, name }: Incident['spec']['target']): string {
  return [namespace, name].filter((part) => part !== undefined).join('/');
}

function incidentsBetween(): readonly Alarm[] {
  const ends = new Map(incidents.observations.map(({ object }) => [object.metadata.uid, object as Incident]));
  return [...ends.values()]
    .map(({ spec: { policyRef, target, openedTime }, status }) => {
      const opened = Date.parse(openedTime);
      const resolved = status?.conditions?.find(({ type, status: now }) => type === 'Resolved' && now === 'True');
      return {
        policy: policyRef.name,
        target: targetName(target),
        fromMs: opened,
        toMs: resolved === undefined ? Date.now() : Date.parse(resolved.lastTransitionTime),
      };
    })
    .filter(({ fromMs: opened }) => opened >= fromMs)
    .filter(isFalse);
}

/** How many false alarms of this system ended in a write: told to the webhook, or a Remediation of a plan. */
async function writtenBy(system: SystemName): Promise<number> {
  if (system !== 'homeostat') return writer.told.filter((told) => told.system === system && isFalse(told)).length;
  const { items } = await api.list<Remediation>(resources.Remediation);
  return items.filter(({ metadata, spec }) =>
    isFalse({ target: targetName(spec.target), fromMs: Date.parse(metadata.creationTimestamp ?? '') }),
  ).length;
}
