import { expect } from 'chai';
import { Cell, mostSeries } from './cell.ts';

const gauge = (combine: 'Sum' | 'Max' | 'Min' = 'Sum'): Cell => new Cell({ kind: 'gauge', combine });
const counter = (): Cell => new Cell({ kind: 'counter', combine: 'Sum' });

describe('Cell of a gauge', () => {
  for (const [combine, expected] of [
    ['Sum', 4],
    ['Max', 3],
    ['Min', 1],
  ] as const)
    it(`is the ${combine} of its series`, () => {
      const cell = gauge(combine);
      cell.level('a', 3, 0, 0, 10);
      cell.level('b', 9, 0, 0, 10);
      cell.level('b', 1, 1, 1, 10);
      expect(cell.value(5)).to.equal(expected);
    });

  it('is missing before it is told, and when what was told does not hold any more', () => {
    const cell = gauge();
    expect(cell.value(0)).to.be.NaN;
    cell.level('a', 3, 0, 0, 10);
    cell.level('b', 1, 5, 5, 15);
    expect([cell.value(10), cell.value(11)]).to.deep.equal([4, 1]);
    expect(cell.value(16)).to.be.NaN;
  });

  it('takes the newest, in whatever order they come', () => {
    const cell = gauge();
    cell.level('a', 3, 2000, 0, 10);
    cell.level('a', 9, 1000, 1, 11);
    expect(cell.value(5)).to.equal(3);
    cell.end('a');
    expect(cell.value(5)).to.be.NaN;
  });

  it('refuses series without end, but not in place of old ones', () => {
    const cell = gauge();
    for (let i = 0; i < mostSeries; i++) expect(cell.level(`${i}`, 1, 0, 0, 10)).to.equal(true);
    expect(cell.level('more', 1, 10, 10, 20)).to.equal(false);
    expect(cell.level('0', 2, 10, 10, 20)).to.equal(true);
    expect(cell.level('more', 1, 11, 11, 20)).to.equal(true);
    expect(cell.value(12)).to.equal(3);
  });
});

describe('Cell of a counter', () => {
  const known = { isWhole: false };
  const whole = { isWhole: true };

  it('rises with its series, whatever they were before', () => {
    const cell = counter();
    cell.count('a', 100, known, 0, 10);
    cell.count('b', 50, known, 0, 10);
    expect(cell.value(0)).to.equal(0);
    cell.count('a', 103, known, 1, 11);
    cell.count('b', 51, known, 1, 11);
    expect(cell.value(1)).to.equal(4);
  });

  it('counts what begins again from 0', () => {
    const cell = counter();
    cell.count('a', 100, known, 0, 10);
    cell.count('a', 7, known, 1, 11);
    expect(cell.value(1)).to.equal(7);
  });

  it('knows by its beginning that it began again, also when it is higher than before', () => {
    const cell = counter();
    cell.count('a', 5, { sinceMs: 1000, isWhole: false }, 0, 10);
    cell.count('a', 9, { sinceMs: 2000, isWhole: false }, 1, 11);
    cell.count('a', 10, { sinceMs: 2000, isWhole: false }, 2, 12);
    expect(cell.value(2)).to.equal(10);
  });

  it('counts all of a series that has begun since', () => {
    const cell = counter();
    cell.count('a', 100, known, 0, 10);
    cell.count('b', 3, whole, 1, 11);
    expect(cell.value(1)).to.equal(3);
  });

  it('does not fall when a series goes', () => {
    const cell = counter();
    cell.count('a', 100, known, 0, 10);
    cell.count('b', 0, known, 0, 10);
    cell.count('b', 2, known, 20, 30);
    expect(cell.value(20)).to.equal(2);
    expect(cell.value(31)).to.be.NaN;
  });

  it('adds what is told as a difference, once', () => {
    const cell = counter();
    cell.add('a', 5, 1000, 0, 10);
    cell.add('a', 5, 1000, 1, 11);
    cell.add('a', 2, 2000, 2, 12);
    cell.add('b', 1, 1000, 2, 12);
    expect(cell.value(2)).to.equal(8);
  });
});
