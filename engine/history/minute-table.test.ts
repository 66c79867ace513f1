import { expect } from 'chai';
import fc from 'fast-check';
import { sketchOf, type Sketch } from '../sketch/sketch.ts';
import { MinuteTable } from './minute-table.ts';

const value = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.integer({ min: -2, max: 2 }),
  fc.double(),
  fc.integer({ min: -60, max: 120 }).map((power) => 2 ** power),
  fc.integer({ min: 0, max: 99 }).map((step) => 1e8 * (1 + step / 300)),
);
const column = fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), value), { maxLength: 60 });
const exactly = (sketch: Sketch | undefined) =>
  sketch && { ...sketch, sum: 0, buckets: [...sketch.buckets], counts: [...sketch.counts] };

describe('The table of a minute', () => {
  it('comes to the sketches that the numbers of each series make, in the first minute and in those after it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(column, { maxLength: 5 }), { maxLength: 4 }), (minutes) => {
        let before: MinuteTable | undefined;
        for (const [minute, columns] of minutes.entries()) {
          // In minute 16 the counts are laid out anew.
          const table: MinuteTable = new MinuteTable(14 + minute, before);
          table.grow(4);
          for (const each of columns)
            table.add(
              Int32Array.from(each, ([series]) => series),
              Float64Array.from(each, ([, number]) => number),
              each.length,
            );
          for (const series of [0, 1, 2, 3]) {
            const own = columns.flat().flatMap(([of, number]) => (of === series ? number : []));
            const expected = sketchOf(own);
            expect(exactly(table.sketch(series))).to.deep.equal(expected.count === 0 ? undefined : exactly(expected));
          }
          before = table;
        }
      }),
    );
  });

  it('counts on where a count is full, also when it moves and grows coarser', () => {
    const table = new MinuteTable(0);
    table.grow(1);
    const same = new Float32Array(70_000).fill(3);
    const series = new Int32Array(same.length);
    table.add(series, same, same.length);
    table.add(series, Float64Array.of(5, 2 ** 30), 2);
    for (let i = 0; i < 3; i++) table.add(series, same, same.length);
    expect(exactly(table.sketch(0))).to.deep.equal(
      exactly(sketchOf([...Array.from({ length: 280_000 }, () => 3), 5, 2 ** 30])),
    );
  });

  it('takes no more room for what is always too large, or of all sizes', () => {
    const table = new MinuteTable(0);
    table.grow(1);
    const many = Float64Array.from({ length: 100_000 }, (_, i) => (i % 3 === 0 ? 1e30 : 2 ** ((i % 130) - 50)));
    table.add(new Int32Array(many.length), many, many.length);
    expect(table.room).to.be.below(32_768);
    expect(table.sketch(0)?.count).to.equal(100_000);
  });
});
