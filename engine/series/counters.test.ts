import { expect } from 'chai';
import { Counters, type SeriesKey } from './counters.ts';

const metric = 'k8s.container.oom_kills';
const minute = 60_000;
const row = (name: string, successive?: string): SeriesKey => ({ row: name, successive });

/** Rows and values of one frame after the other; answers the increases of each. */
function increases(counters: Counters, rows: readonly (SeriesKey | undefined)[], ...frames: number[][]): number[][] {
  const series = counters.open(rows, 0);
  return frames.map((values) => {
    const out = new Float64Array(values.length);
    counters.increases(metric, series, Float64Array.from(values), values.length, out);
    return Array.from(out);
  });
}

describe('Counters', () => {
  it('takes the first value for a beginning, not for an increase', () => {
    expect(increases(new Counters(), [row('a')], [3], [3], [5])).to.deep.equal([[0], [0], [2]]);
  });

  it('takes a lower value for a new beginning at zero', () => {
    expect(increases(new Counters(), [row('a')], [5], [2], [2], [0], [1])).to.deep.equal([[0], [2], [0], [0], [1]]);
  });

  it('says which have begun anew', () => {
    const counters = new Counters();
    const series = counters.open([row('a'), row('b'), row('c')], 0);
    const [out, resets] = [new Float64Array(3), new Int32Array(3)];
    const take = (...values: number[]): number =>
      counters.increases(metric, series, Float64Array.from(values), 3, out, resets);
    expect(take(5, 5, 5)).to.equal(0);
    expect(take(6, 2, NaN)).to.equal(1);
    expect(resets[0]).to.equal(1);
    expect(take(1, 2, 4)).to.equal(2);
    expect(Array.from(resets.subarray(0, 2))).to.deep.equal([0, 2]);
  });

  it('goes past missing values', () => {
    expect(increases(new Counters(), [row('a'), undefined], [5, 9], [NaN, 10], [7, 11])).to.deep.equal([
      [0, NaN],
      [NaN, NaN],
      [2, NaN],
    ]);
  });

  it('lets a series go on when its row moves, and when its keyframe was away', () => {
    const counters = new Counters();
    increases(counters, [row('a'), row('b')], [1, 10]);
    expect(increases(counters, [row('b')], [11])).to.deep.equal([[1]]);
    expect(increases(counters, [row('b'), row('a')], [11, 4])).to.deep.equal([[0, 3]]);
  });

  it('lets a successor begin at zero, and no other new row', () => {
    const counters = new Counters();
    increases(counters, [row('id1', 'app'), row('x1', 'x')], [3, 0]);
    expect(increases(counters, [row('id2', 'app'), row('y1', 'y')], [2, 2], [3, 2])).to.deep.equal([
      [2, 0],
      [1, 0],
    ]);
  });

  it('does not take two rows that appear together for one another’s successors', () => {
    expect(increases(new Counters(), [row('id1', 'app'), row('id2', 'app')], [3, 4])).to.deep.equal([[0, 0]]);
  });

  it('learns later whose a row is', () => {
    const counters = new Counters();
    increases(counters, [row('id1')], [3]);
    expect(increases(counters, [row('id1', 'app')], [3])).to.deep.equal([[0]]);
    expect(increases(counters, [row('id2', 'app')], [1])).to.deep.equal([[1]]);
  });

  it('counts what a successor has counted before it was known to be one', () => {
    const counters = new Counters();
    increases(counters, [row('id1', 'app')], [3]);
    // The node shows the new container before the API server says whose it is.
    increases(counters, [row('id2')], [0], [2]);
    expect(increases(counters, [row('id2', 'app')], [2], [3])).to.deep.equal([[2], [1]]);
    expect(increases(counters, [row('id2', 'app')], [3])).to.deep.equal([[0]]);
  });

  it('begins anew with a metric that nobody wanted for a while', () => {
    const counters = new Counters();
    increases(counters, [row('a')], [3], [4]);
    counters.keep(new Set([metric]));
    expect(increases(counters, [row('a')], [5])).to.deep.equal([[1]]);
    counters.keep(new Set());
    expect(increases(counters, [row('a')], [9], [10])).to.deep.equal([[0], [1]]);
  });

  it('forgets a row that was not there for ten minutes, and gives its place to another', () => {
    const counters = new Counters();
    const take = (key: SeriesKey, value: number, nowMs: number): number => {
      const series = counters.open([key], nowMs);
      const out = new Float64Array(1);
      counters.increases(metric, series, Float64Array.of(value), 1, out);
      return out[0] ?? NaN;
    };
    take(row('a', 'app'), 5, 0);
    // However long a row lives under one keyframe, it is not forgotten for that.
    expect(take(row('a', 'app'), 6, 60 * minute)).to.equal(1);
    take(row('b'), 1, 61 * minute);
    expect(take(row('b'), 1, 72 * minute)).to.equal(0);
    expect(take(row('a', 'app'), 9, 73 * minute)).to.equal(0);
  });
});
