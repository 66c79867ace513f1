import { join } from 'node:path';
import { load, tool } from '../cluster/index.ts';

/** One step of `make test`. */
export interface Stage {
  readonly name: string;
  /** What holds when it passes. */
  readonly promise: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** It reports what passed and failed in it, see report.ts; otherwise it counts as one test. */
  readonly suite: boolean;
  /**
   * Arguments that run just the named tests. Given where a test shares two cores with three other lanes and depends on
   * other processes: what fails in such a stage is run once more, and counts as passed, and is named, when it passes then.
   */
  readonly only?: (names: readonly string[]) => readonly string[];
  /** Environment for the stages after it, once it has passed. */
  readonly provides?: () => Record<string, string> | Promise<Record<string, string>>;
}

const node = (...args: string[]): Pick<Stage, 'command' | 'arguments'> => ({
  command: process.execPath,
  arguments: args,
});
const mocha = (...args: string[]): Pick<Stage, 'command' | 'arguments'> => ({
  command: 'mocha',
  arguments: ['--reporter', 'hack/test/reporter.ts', ...args],
});

const mochaOnly = (names: readonly string[]): readonly string[] => [
  '--grep',
  `^(${names.map((name) => RegExp.escape(name)).join('|')})`,
];

/** How to reach a cluster that a stage has brought up. */
const reach = (cluster: string): Record<string, string> => {
  const found = load(cluster);
  if (found?.directory === undefined) throw new Error(`cluster ${cluster} was brought up and cannot be found`);
  return {
    KUBECONFIG: found.kubeconfig,
    HOMEOSTAT_NATS_URL: found.natsUrl,
    HOMEOSTAT_CLUSTER: cluster,
    NATS_SERVER: found.bin('nats-server'),
    PATH: `${join(found.directory, 'bin')}:${process.env['PATH'] ?? ''}`,
  };
};

const unit: Stage = { name: 'unit', promise: 'tests that need no cluster', ...mocha(), suite: true };

const withoutCluster: readonly Stage[] = [
  { name: 'types', promise: 'every type holds', command: 'tsc', arguments: ['--noEmit'], suite: false },
  {
    name: 'lint',
    promise: 'no lint rule is broken',
    command: 'oxlint',
    arguments: ['--type-aware', '--deny-warnings'],
    suite: false,
  },
  { name: 'format', promise: 'the sources are formatted', command: 'oxfmt', arguments: ['--check'], suite: false },
  {
    name: 'verify',
    promise: 'generated files, chart and workflows are what they should be',
    ...node('hack/verify/main.ts'),
    suite: false,
  },
];

const up = (cluster: string, nodes: number): Stage => ({
  name: `${cluster} up`,
  promise: 'a real control plane, real nodes and NATS run on this machine',
  ...node('hack/cluster/main.ts', 'up', '--name', cluster, '--nodes', String(nodes), '--fake', '3'),
  suite: false,
  provides: () => reach(cluster),
});
/** The logs stay for whoever wants to know why something failed; the next run begins by forgetting them. */
const down = (cluster: string): Stage => ({
  name: `${cluster} down`,
  promise: 'everything that was started has ended',
  ...node('hack/cluster/main.ts', 'down', '--name', cluster),
  suite: false,
});
const forget = (cluster: string): Stage => ({
  name: `${cluster} anew`,
  promise: 'nothing is left of an earlier run',
  ...node('hack/cluster/main.ts', 'reset', '--name', cluster),
  suite: false,
});

const integration: Stage = {
  name: 'integration',
  promise: 'the parts work against a real API server and a real NATS server',
  ...mocha('--config', 'hack/test/integration.mocharc.json'),
  suite: true,
  only: mochaOnly,
};

/** Beside the cluster of `integration`, which is the longest lane: these have a nats-server each, and no cluster. */
const broker: Stage = {
  name: 'broker',
  promise: 'what is read from NATS is judged, kept and replayed as it should be, whatever becomes of the server',
  ...mocha('--config', 'hack/test/broker.mocharc.json'),
  suite: true,
  only: mochaOnly,
};

const e2e: Stage = {
  name: 'e2e',
  promise: 'faults are found, repaired, verified and undone',
  ...node('e2e/main.ts'),
  suite: true,
  only: (names) => ['--scenario', ...names],
};

const faults: Stage = {
  name: 'faults',
  promise: 'the product lives through killed parts, bad input and the chart’s life cycle',
  ...mocha('--config', 'hack/test/faults.mocharc.json'),
  suite: true,
  only: mochaOnly,
};

/** A run leaves much garbage and keeps nothing: with more room for it a seed takes an eighth less. */
const youngHeap = '--max-semi-space-size=64';

/** Beside the clusters, which mostly wait, and behind everything else that wants a core. */
const simulation: Stage = {
  name: 'simulation',
  promise: 'every rule holds in 2,000 clusters where everything goes wrong, one seed a test',
  command: 'nice',
  arguments: ['-n', '19', process.execPath, youngHeap, 'hack/simulate/main.ts', '--seeds', '2000'],
  suite: true,
};

const drain: Stage = {
  name: 'drain',
  promise: 'real nodes are drained, also by an operator that is killed at its writes',
  ...mocha('--config', 'hack/test/drain.mocharc.json'),
  suite: true,
  only: mochaOnly,
};

/** Stages that follow one another; what one provides is known to those after it. */
export type Lane = readonly Stage[];

/** Before the lanes, so that the building is seen while it goes on, and done once for both. */
const fetchPrograms: Stage = {
  name: 'programs',
  promise: 'everything a cluster is made of is there, or is built (ten minutes on two cores, the first time)',
  ...node('hack/cluster/main.ts', 'fetch'),
  suite: false,
  provides: async () => ({ NATS_SERVER: await tool('nats-server') }),
};

const bundles: Stage = {
  name: 'bundles',
  promise: 'the programs are bundled, once for every stage that runs them',
  ...node('hack/build/main.ts'),
  suite: false,
  provides: () => ({ HOMEOSTAT_BUNDLED: 'true' }),
};

/** With KUBECONFIG set, the cluster it names is used, and none is brought up. */
const usesOwnClusters = process.env['KUBECONFIG'] === undefined;

/** What tells in a minute that a change is not worth the rest. */
export const checks: Lane = [...withoutCluster, bundles, ...(usesOwnClusters ? [fetchPrograms] : [])];

/** A cluster that is brought up for these stages, and ended after them. */
const onOwnCluster = (cluster: string, nodes: number, ...stages: readonly Stage[]): Lane => [
  forget(cluster),
  up(cluster, nodes),
  ...stages,
  down(cluster),
];

/**
 * Lanes run side by side, most of their time being spent waiting, each on a cluster of its own: what one breaks is whole
 * for the others.
 */
export const lanes: readonly Lane[] = usesOwnClusters
  ? [
      onOwnCluster('test', 3, e2e, drain),
      onOwnCluster('parts', 1, integration),
      onOwnCluster('faults', 1, faults),
      [unit, broker],
      [simulation],
    ]
  : [[integration, e2e], [unit, broker], [simulation]];
