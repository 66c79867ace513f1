import { evaluateBench, type EvaluateFigures } from '../../engine/evaluate/evaluate.bench.ts';
import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import type { PolicySpec } from '../../engine/evaluate/policy-spec.ts';
import { decode } from '../../engine/frame/decode.ts';
import { medianOf, rounded } from './compare.ts';
import { makeLoad, metrics, type Load } from './load.ts';
import { memoryFloor } from './memory-floor.ts';
import { NaiveEvaluator } from './naive.ts';
import { mixNames, sampleCosts, type Mix, type SampleCost } from './scale.ts';
import { containerOf } from './target.ts';

/** Per core, by CPU time: from the bytes of a frame to verdicts. */
export interface ThroughputFigures {
  readonly nodes: number;
  readonly containersPerNode: number;
  readonly series: number;
  readonly framesPerSecond: number;
  readonly samplesPerSecond: number;
  readonly naiveSamplesPerSecond: number;
  /** How many times as many samples as the naive evaluator. */
  readonly ratio: number;
  /** Targets that fired in both at the end: what they did was the same. */
  readonly firing: number;
}

export interface EvaluateCosts {
  /** Decoded frames, by number of series. */
  readonly evaluator: readonly EvaluateFigures[];
  /** Decoding, windows, detectors and a policy of three signals, with a naive evaluator of JSON beside it. */
  readonly throughDecode: ThroughputFigures;
  /** From bytes to the policy: what a sample costs with more and more series; beside it, what fetching its bytes takes. */
  readonly bySeries: readonly (SampleCost & { readonly memoryFloorNanosecondsPerSample: number })[];
  /** With other detectors, and more of them. */
  readonly byMix: Readonly<Record<Mix, SampleCost>>;
  /** With frames of 110 and of 1,100 rows: what is allocated is allocated for the frame, not for its samples. */
  readonly byRows: readonly SampleCost[];
}

const policy: PolicySpec = {
  target: { kind: 'Container' },
  signals: [
    {
      name: 'mean',
      metric: metrics[0],
      window: { seconds: 60, aggregate: 'Mean' },
      detect: { threshold: { above: '90%' } },
    },
    {
      name: 'max',
      metric: metrics[1],
      window: { seconds: 60, aggregate: 'Max' },
      detect: { threshold: { above: '90%' } },
    },
    {
      name: 'slope',
      metric: metrics[2],
      window: { seconds: 60, aggregate: 'Slope' },
      detect: { threshold: { below: '1' } },
    },
  ],
  clearForSeconds: 0,
  routes: [{ to: 'Incident' }],
};
const warmUpSeconds = 70;

/** Measures judging, in some minutes; with two million series it takes 5 GB. */
export const evaluateCosts = (rounds = 5): EvaluateCosts => ({
  evaluator: [1_000, 100_000].map((series) => evaluateBench(series)),
  throughDecode: throughDecode(rounds),
  bySeries: [1_000, 10_000, 100_000, 1_000_000, 2_000_000].flatMap((series) =>
    sampleCosts([{ series }]).map((cost) =>
      Object.assign(cost, { memoryFloorNanosecondsPerSample: memoryFloor(series) }),
    ),
  ),
  byMix: costsOfMixes(),
  byRows: sampleCosts([110, 1_100].map((rows) => ({ series: 10_000, rows }))),
});

const costsOfMixes = (): Record<Mix, SampleCost> => {
  const costs = sampleCosts(mixNames.map((mix) => ({ series: 10_000, mix, warmUpSeconds: 1_600 })));
  return Object.fromEntries(mixNames.map((mix, i) => [mix, costs[i]])) as Record<Mix, SampleCost>;
};

/** Feeds the same load to both, in turns; throws when they do not come to the same verdicts. */
export const throughDecode = (rounds: number, nodes = 40, seconds = 100): ThroughputFigures => {
  const load = makeLoad(nodes, warmUpSeconds + seconds);
  const runs = Array.from({ length: rounds }, () => ({ ours: ofOurs(load), naive: ofNaive(load) }));
  const [first] = runs;
  if (first === undefined || first.ours.firing !== first.naive.firing || first.ours.firing === 0)
    throw new Error(`not the same verdicts: ${JSON.stringify(first)}`);
  const samples = nodes * seconds * load.containers * metrics.length;
  const ours = samples / medianOf(runs.map((run) => run.ours.cpuSeconds));
  const naive = samples / medianOf(runs.map((run) => run.naive.cpuSeconds));
  return {
    nodes,
    containersPerNode: load.containers,
    series: nodes * load.containers * metrics.length,
    framesPerSecond: Math.round(ours / (load.containers * metrics.length)),
    samplesPerSecond: Math.round(ours),
    naiveSamplesPerSecond: Math.round(naive),
    ratio: rounded(medianOf(runs.map((run) => run.naive.cpuSeconds / run.ours.cpuSeconds)), 2),
    firing: first.ours.firing,
  };
};

interface Run {
  readonly cpuSeconds: number;
  readonly firing: number;
}

const ofOurs = (load: Load): Run => {
  const compilation = compilePolicy('bench', '1', policy);
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const evaluator = new Evaluator({ onVerdict: () => {} });
  evaluator.setPolicy(compilation.policy, () => true);
  for (const { key, keyframe } of load.nodes) {
    const identities = keyframe.rows.map(({ uid }) => ({ Container: containerOf(uid) }));
    evaluator.bind(key, keyframe, identities);
  }
  const second = (number: number): void => {
    for (const { key, frames } of load.nodes) {
      const frame = decode(frames[number] ?? new Uint8Array());
      if (frame.kind === 'frame') evaluator.frame(key, frame);
    }
    evaluator.advance(load.atMs(number));
  };
  return { cpuSeconds: timed(load, second), firing: evaluator.counts('bench').Firing };
};

const ofNaive = (load: Load): Run => {
  const evaluator = new NaiveEvaluator();
  const second = (number: number): void => {
    for (const { json } of load.nodes) evaluator.take(json[number] ?? new Uint8Array());
  };
  return { cpuSeconds: timed(load, second), firing: evaluator.firing.size };
};

/** CPU seconds of all seconds after the windows are full. */
const timed = (load: Load, second: (number: number) => void): number => {
  for (let number = 0; number < warmUpSeconds; number++) second(number);
  const before = process.cpuUsage();
  for (let number = warmUpSeconds; number < load.seconds; number++) second(number);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
