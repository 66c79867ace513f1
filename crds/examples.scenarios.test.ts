import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { compilePolicy } from '../engine/evaluate/compile.ts';
import { Evaluator } from '../engine/evaluate/evaluator.ts';
import {
  containerRow,
  MadeUpSource,
  nodeRow,
  podRow,
  startMs,
  workloadRow,
} from '../engine/evaluate/testing/stream.ts';
import type { DetectionPolicy } from './detection-policy.ts';
import { complete } from './validate.ts';

/** What a metric is at second `t` of the story; NaN is missing. */
type Curves = Readonly<Record<string, (t: number) => number>>;

interface Story {
  readonly agent: Curves;
  readonly state?: Curves;
  /** How long it lasts; 180 by default. */
  readonly seconds?: number;
}

/** Seconds at which the policy of an example begins to fire when its pod, which starts at 0, lives through a story. */
function firings(example: string, { agent, state = {}, seconds = 180 }: Story): number[] {
  const [document] = parseAllDocuments(readFileSync(`crds/examples/${example}.yaml`, 'utf8'));
  const { object } = complete('DetectionPolicy', document?.toJS() as DetectionPolicy);
  const compiled = compilePolicy(example, '1', object.spec);
  if (!('policy' in compiled)) throw new Error(JSON.stringify(compiled.problems));
  const found: number[] = [];
  const evaluator = new Evaluator({
    onVerdict: ({ verdict, from, atMs }) => {
      if (verdict.state === 'Firing' && from !== 'Clearing') found.push((atMs - startMs) / 1000);
    },
  });
  evaluator.setPolicy(compiled.policy, () => true);
  const rows = [nodeRow, workloadRow, podRow('p', startMs), containerRow('p', 'app', 'app', startMs)];
  const sources = [
    { source: new MadeUpSource(Object.keys(agent), rows), curves: agent },
    { source: new MadeUpSource(Object.keys(state), rows, { producer: 'state' }), curves: state },
  ];
  for (const { source } of sources) evaluator.bind(source.key, source.keyframe, source.identities);
  for (let t = 1; t <= seconds; t += 1) {
    for (const { source, curves } of sources)
      evaluator.frame(
        source.key,
        source.frame(startMs + t * 1000, (metric) => curves[metric]?.(t) ?? Number.NaN),
      );
    evaluator.advance(startMs + t * 1000);
  }
  return found;
}

/** A counter that has risen by one at each of these seconds. */
const countOf =
  (...at: number[]) =>
  (t: number): number =>
    at.filter((second) => second <= t).length;
const steps =
  (...levels: [from: number, value: number][]) =>
  (t: number) =>
    levels.findLast(([from]) => from <= t)?.[1] ?? 0;

const kills = (...at: number[]): Curves => ({ 'k8s.pod.oom_kills': countOf(...at) });
const ends = (...at: number[]): Curves => ({ 'k8s.container.failures': countOf(...at) });
const share = (curve: (t: number) => number): Story => ({ agent: { 'k8s.container.memory.limit_utilization': curve } });
const disk = (curve: (t: number) => number): Story => ({
  agent: { 'system.filesystem.utilization': curve },
  seconds: 500,
});
const throttled = (curve: (t: number) => number, unavailable: (t: number) => number = () => 0): Story => ({
  agent: { 'k8s.container.cpu.throttled': curve },
  state: { 'k8s.workload.pods.unavailable': unavailable },
});

describe('the policies of the examples', () => {
  const table: [example: string, what: string, story: Story, fires: number[]][] = [
    ['oom-loop', 'one kill', { agent: kills(50) }, []],
    ['oom-loop', 'a second kill within a minute', { agent: kills(50, 65, 80) }, [65]],
    ['oom-loop', 'kills far apart', { agent: kills(20, 90, 160) }, []],
    ['child-oom', 'a kill that no container ends by', { agent: kills(50), state: ends() }, [52]],
    ['child-oom', 'a kill that ends the container', { agent: kills(50), state: ends(51) }, []],
    ['crash-loop', 'one failure', { agent: {}, state: ends(50) }, []],
    ['crash-loop', 'the second of several failures', { agent: {}, state: ends(50, 52, 66) }, [52]],
    [
      'hung-kubelet',
      'three missed answers, not one or two',
      { agent: { 'k8s.node.kubelet.probe.failures': steps([20, 1], [21, 0], [40, 2], [41, 0], [60, 1], [61, 3]) } },
      [61],
    ],
    // 2 MiB a second of 240 MiB, from second 20: full at 140.
    ['memory-leak', 'a leak, more than a minute before the limit', share((t) => Math.max(0, t - 20) / 120), [55]],
    ['memory-leak', 'a leak so slow that two minutes are not enough', share((t) => t / 2000), []],
    ['memory-leak', 'a cache that is filled', share(steps([0, 0.1], [60, 0.6])), []],
    ['memory-leak', 'the growth of a start', share((t) => Math.min(t * 0.02, 0.6)), []],
    ['memory-leak', 'a sawtooth', share((t) => 0.4 + (t % 6) / 60), []],
    // 1 % a minute from 70 %: at 95 % in less than an hour from the start, told when ten minutes are half known.
    ['disk-filling', 'a disk that is full within the hour', disk((t) => 0.7 + t / 6000), [331]],
    ['disk-filling', 'a disk that will last', disk((t) => 0.7 + t / 60_000), []],
    ['disk-filling', 'a large file', disk(steps([0, 0.6], [200, 0.8])), []],
    ['disk-filling', 'the first files on an empty disk', disk((t) => 0.01 + t / 6000), []],
    ['cpu-throttled', 'two seconds of throttling', throttled(steps([40, 0.4], [41, 1])), [41]],
    ['cpu-throttled', 'one throttled second', throttled(steps([40, 0.9], [41, 0])), []],
    ['cpu-throttled', 'a start that is throttled', throttled(steps([1, 1], [9, 0])), []],
    ['cpu-throttled', 'a slow start', throttled(steps([1, 1], [25, 0]), steps([1, 1], [26, 0])), []],
  ];
  for (const [example, what, story, fires] of table)
    it(`${example} ${fires.length > 0 ? 'fires at' : 'is quiet about'} ${what}`, () =>
      expect(firings(example, story)).to.deep.equal(fires));
});
