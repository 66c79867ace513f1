import { expect } from 'chai';
import type { RowIdentity, Target } from '../evaluate/target.ts';
import { boot } from '../evaluate/testing/stream.ts';
import type { Column, Frame, Keyframe, Row } from '../frame/types.ts';
import { quantile, type Sketch } from '../sketch/sketch.ts';
import type { Check } from './exact.ts';
import { Recorder, type MinuteOfSeries } from './recorder.ts';
import { minuteMs } from './series.ts';

const cpu = 'k8s.container.cpu.usage';
const node = 'system.cpu.utilization';
const kills = 'k8s.pod.oom_kills';
const startMs = Date.UTC(2026, 0, 5, 12);

const workload = (name: string): Target => ({
  kind: 'Workload',
  key: `Workload/uid-${name}`,
  uid: `uid-${name}`,
  namespace: 'shop',
  name,
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `uid-${name}` },
  labels: {},
});
const container = (of: string, name = 'app'): RowIdentity => ({
  Container: { ...workload(of), kind: 'Container', key: `Container/${of}/${name}`, container: name },
  Workload: workload(of),
});
const rowOf = (uid: string): Row => ({ scope: 'Container', uid, container: 'a' });

const arrange = ({ metrics = [cpu, node, kills], maxSeries = 100 } = {}) => {
  const minutes: { minute: number; series: MinuteOfSeries[] }[] = [];
  const checks: Check[] = [];
  const recorder = new Recorder({
    onMinute: (minute, series) => minutes.push({ minute: minute - startMs / minuteMs, series: [...series] }),
    onCheck: (check) => checks.push(check),
    random: () => 0,
    maxSeries,
  });
  recorder.keep(new Set(metrics));
  // Reading begins.
  recorder.frame('', aFrame('', -1, []));
  const bind = (
    source: string,
    rows: readonly Row[],
    identities: readonly (RowIdentity | undefined)[],
    columns: readonly Column[] = [{ metric: cpu, scope: 'Container' }],
    generation = 1,
  ): void => {
    const keyframe: Keyframe = {
      kind: 'keyframe',
      source: { producer: 'agent', node: source, boot },
      generation,
      capturedMs: startMs,
      intervalMs: 1000,
      columns,
      rows,
    };
    recorder.bind(source, keyframe, identities);
  };
  const frame = (source: string, atMs: number, ...columns: number[][]): void =>
    recorder.frame(source, aFrame(source, atMs, columns));
  /** What a minute has of a series, as count and median. */
  const told = (minute: number): string[] =>
    minutes
      .filter((each) => each.minute === minute)
      .flatMap(({ series }) => series.map((one) => `${one.entity} ${one.container} ${figures(one.sketch)}`));
  return { recorder, bind, frame, minutes, checks, told };
};

const aFrame = (source: string, atMs: number, columns: number[][], more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  source: { producer: 'agent', node: source, boot },
  sequence: 1,
  generation: 1,
  capturedMs: startMs + atMs,
  intervalMs: 1000,
  dropped: 0,
  columns: columns.map((values, column) => ({ column, values: Float32Array.from(values) })),
  ...more,
});
const figures = (sketch: Sketch): string => `${sketch.count} ${quantile(sketch, 0.5).toFixed(1)}`;

describe('The recorder of history', () => {
  it('pools the containers of one name of a workload, over all nodes', () => {
    const { recorder, bind, frame, told } = arrange();
    bind('n1', [rowOf('p1'), rowOf('p2')], [container('cart'), container('cart', 'proxy')]);
    bind('n2', [rowOf('p3'), rowOf('p4')], [container('cart'), undefined]);
    for (let second = 0; second < 60; second++) {
      frame('n1', second * 1000, [1, 9]);
      frame('n2', second * 1000, [2, 5]);
    }
    recorder.advance(startMs + minuteMs + 14_000);
    expect(told(0)).to.deep.equal([]);
    recorder.advance(startMs + minuteMs + 15_000);
    expect(told(0)).to.deep.equal(['Deployment/shop/cart app 120 1.0', 'Deployment/shop/cart proxy 60 9.0']);
  });

  it('keeps metrics of nodes by their names', () => {
    const { recorder, bind, frame, told } = arrange();
    const one: Target = { kind: 'Node', key: 'Node/u', uid: 'u', namespace: '', name: 'n1', labels: {} };
    bind('n1', [{ scope: 'Node', uid: 'n1' }], [{ Node: one }], [{ metric: node, scope: 'Node' }]);
    frame('n1', 5000, [0.5]);
    recorder.advance(startMs + 2 * minuteMs);
    expect(told(0)).to.deep.equal(['Node/n1  1 0.5']);
  });

  it('keeps what a counter rises by a second, over resets and gaps', () => {
    const { recorder, bind, frame, minutes } = arrange();
    const pod: RowIdentity = { Pod: { ...workload('cart'), kind: 'Pod' }, Workload: workload('cart') };
    bind('n1', [{ scope: 'Pod', uid: 'p' }], [pod], [{ metric: kills, scope: 'Pod' }]);
    for (const [atMs, value] of [
      [0, 7],
      [1000, 8],
      [11_000, 28],
      [12_000, 3],
    ] as const)
      frame('n1', atMs, [value]);
    recorder.advance(startMs + 2 * minuteMs);
    const sketch = minutes[0]?.series[0]?.sketch;
    expect(sketch).to.include({ count: 4, sum: 0 + 1 + 2 + 3, max: 3 });
  });

  it('leaves out missing and infinite values, metrics that nobody wants, and frames that tell only changes', () => {
    const { recorder, bind, frame, told } = arrange({ metrics: [cpu] });
    const columns: Column[] = [
      { metric: 'k8s.container.memory.working_set', scope: 'Container' },
      { metric: cpu, scope: 'Container' },
    ];
    bind('n1', [rowOf('p1')], [container('cart')], columns);
    frame('n1', 0, [5], [NaN]);
    frame('n1', 1000, [5], [Infinity]);
    frame('n1', 2000, [5], [3]);
    recorder.frame('n1', aFrame('n1', 3000, [[5], [4]], { rows: Uint32Array.of(0) }));
    recorder.advance(startMs + 2 * minuteMs);
    expect(told(0)).to.deep.equal(['Deployment/shop/cart app 1 3.0']);
  });

  it('tells nothing of a minute of which it saw only a part, and of none without samples', () => {
    const { recorder, bind, frame, minutes } = arrange();
    bind('n1', [rowOf('p1')], [container('cart')]);
    // What is looked up before is older, and says nothing of where reading begins.
    recorder.advance(startMs - 5 * minuteMs);
    frame('n1', -500, [1]);
    frame('n1', 0, [1]);
    frame('n1', 5 * minuteMs, [1]);
    recorder.advance(startMs + 9 * minuteMs);
    expect(minutes.map(({ minute }) => minute)).to.deep.equal([0, 5]);
    expect(recorder.stats.lateSamples).to.equal(0);
  });

  it('has nothing of the minutes in which it rested', () => {
    const { recorder, bind, frame, minutes } = arrange();
    bind('n1', [rowOf('p1')], [container('cart')]);
    for (let second = 0; second < 300; second++) {
      if (second === 70) recorder.rest(true);
      if (second === 130) recorder.rest(false);
      frame('n1', second * 1000, [1]);
      recorder.advance(startMs + second * 1000);
    }
    recorder.advance(startMs + 9 * minuteMs);
    const told = minutes.map(({ minute, series }) => `${minute}: ${series[0]?.sketch.count}`);
    expect(told).to.deep.equal(['0: 60', '3: 60', '4: 60']);
  });

  it('takes what is late while its minute is open, and counts what is later', () => {
    const { recorder, bind, frame, told } = arrange();
    bind('n1', [rowOf('p1')], [container('cart')]);
    frame('n1', minuteMs, [2]);
    frame('n1', minuteMs - 1, [1]);
    recorder.advance(startMs + minuteMs + 15_000);
    frame('n1', minuteMs - 1, [1]);
    recorder.advance(startMs + 3 * minuteMs);
    expect([told(0), told(1)]).to.deep.equal([['Deployment/shop/cart app 1 1.0'], ['Deployment/shop/cart app 1 2.0']]);
    expect(recorder.stats).to.deep.equal({ samples: 2, lateSamples: 1, refusedSeries: 0 });
  });

  it('forgets series of which nobody tells any more, and gives their room to others', () => {
    const { recorder, bind, frame, told } = arrange({ maxSeries: 1 });
    bind('n1', [rowOf('p1')], [container('cart')]);
    frame('n1', 0, [1]);
    bind('n2', [rowOf('p2')], [container('web')]);
    expect(recorder.stats.refusedSeries).to.equal(1);
    recorder.unbind('n1');
    recorder.advance(startMs + 2 * minuteMs);
    expect([told(0), recorder.seriesCount]).to.deep.equal([['Deployment/shop/cart app 1 1.0'], 0]);
    bind('n2', [rowOf('p2')], [container('web')], undefined, 1);
    frame('n2', 3 * minuteMs, [4]);
    recorder.advance(startMs + 5 * minuteMs);
    expect(told(3)).to.deep.equal(['Deployment/shop/web app 1 4.0']);
  });

  it('begins with a metric, and ends with it, when that is wanted or not any more', () => {
    const { recorder, bind, frame, told } = arrange({ metrics: [] });
    bind('n1', [rowOf('p1')], [container('cart')]);
    frame('n1', 0, [1]);
    recorder.keep(new Set([cpu]));
    frame('n1', 1000, [2]);
    recorder.keep(new Set());
    frame('n1', 2000, [3]);
    recorder.advance(startMs + 2 * minuteMs);
    expect(told(0)).to.deep.equal(['Deployment/shop/cart app 1 2.0']);
  });

  it('checks sketches of some series, by the numbers as they were', () => {
    const { recorder, bind, frame, checks } = arrange();
    bind('n1', [rowOf('p1')], [container('cart')]);
    for (let second = 0; second < 60; second++) frame('n1', second * 1000, [1 + second / 7]);
    recorder.advance(startMs + 2 * minuteMs);
    expect(checks).to.have.length(1);
    expect(checks[0]?.isViolated).to.equal(false);
    expect(checks[0]?.error).to.be.within(1e-6, 1 / 129 + 1e-12);
  });

  it('comes to the same, whichever of two operators it is', () => {
    const tell = (first: number): unknown => {
      const { recorder, bind, frame, told } = arrange();
      bind('n1', [rowOf('p1')], [container('cart')]);
      for (let second = first; second < 180; second++) {
        frame('n1', second * 1000, [Math.sin(second)]);
        recorder.advance(startMs + second * 1000);
      }
      recorder.advance(startMs + 4 * minuteMs);
      return told(2);
    };
    expect(tell(0)).to.deep.equal(tell(70));
  });
});
