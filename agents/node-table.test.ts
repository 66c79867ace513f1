import { expect } from 'chai';
import { misfit } from '../engine/frame/fit.ts';
import { aFrame, aSource } from '../engine/frame/fixtures.ts';
import type { Row } from '../engine/frame/types.ts';
import { NodeTable } from './node-table.ts';
import type { Source } from './sources/source.ts';

const pod = (uid: string): Row => ({ scope: 'Pod', uid });
const container = (uid: string, id: string): Row => ({ scope: 'Container', uid, container: id });

/** A source of one node metric and one of pods and containers, whose objects a test changes. */
const arrange = (...objects: Row[]) => {
  let now: readonly Row[] = objects;
  const node: Source = { name: 'node', metrics: ['system.cpu.utilization'], read: (write) => write(0, 0, 0.5) };
  const pods: Source = {
    name: 'pods',
    metrics: ['k8s.pod.oom_kills', 'k8s.container.cpu.usage'],
    objects: () => now,
    read: (write) =>
      now.forEach((row, object) => {
        if (row.uid !== 'silent') write(row.scope === 'Pod' ? 0 : 1, object, object + 1);
      }),
  };
  const table = new NodeTable(aSource({ node: 'n1' }), 1000, [node, pods]);
  return { table, pods, change: (...rows: Row[]) => (now = rows) };
};

describe('NodeTable', () => {
  it('orders rows by scope, whatever order a source has, and puts each value in its row', () => {
    const { table } = arrange(container('a', 'x'), pod('a'), container('b', 'y'), pod('b'));
    const keyframe = table.keyframe(5);
    expect(keyframe.rows).to.deep.equal([
      { scope: 'Node', uid: 'n1' },
      pod('a'),
      pod('b'),
      container('a', 'x'),
      container('b', 'y'),
    ]);
    const content = table.readAll();
    expect(content.columns.map(({ values }) => [...values])).to.deep.equal([[0.5], [2, 4], [1, 3]]);
    expect(content.columns[1]?.values).to.be.instanceOf(Float64Array); // a counter
    expect(misfit(aFrame({ ...content, source: keyframe.source, generation: 1 }), keyframe)).to.equal(undefined);
  });

  it('is of a new generation only when objects change', () => {
    const { table, change } = arrange(pod('a'));
    const first = table.keyframe(5);
    expect(first).to.include({ generation: 1, capturedMs: 5, intervalMs: 1000 });
    expect(table.keyframe(6)).to.equal(first);
    change(pod('b'));
    expect(table.keyframe(7)).to.include({ generation: 2, capturedMs: 7 });
  });

  it('has NaN for what is not written, also where something was before', () => {
    const { table, change } = arrange(pod('a'), pod('b'));
    table.keyframe(1);
    table.readAll();
    change(pod('a'), pod('silent'));
    table.keyframe(2);
    expect([...(table.readAll().columns[1]?.values ?? [])]).to.deep.equal([1, Number.NaN]);
  });

  it('measures the node alone', () => {
    const { table } = arrange();
    expect(table.keyframe(1).rows).to.deep.equal([{ scope: 'Node', uid: 'n1' }]);
    expect(table.readAll().columns.map(({ values }) => values.length)).to.deep.equal([1, 0, 0]);
  });

  it('tells single cells with the rows and columns in which they are', () => {
    const { table, pods } = arrange(pod('a'), pod('b'), container('a', 'x'), container('b', 'y'));
    const keyframe = table.keyframe(1);
    const cell = (metric: number, object: number, value: number) => ({ source: pods, metric, object, value });
    const content = table.tell([cell(1, 3, 7), cell(0, 1, 8), cell(0, 0, 9)]);
    expect([...(content.rows ?? [])]).to.deep.equal([1, 2, 4]);
    expect(content.columns.map(({ column, values }) => [column, ...values])).to.deep.equal([
      [1, 9, 8],
      [2, 7],
    ]);
    expect(misfit(aFrame({ ...content, source: keyframe.source, generation: 1 }), keyframe)).to.equal(undefined);
  });
});
