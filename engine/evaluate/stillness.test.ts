import { expect } from 'chai';
import { Stillness } from './stillness.ts';

/** For how many seconds a value is found to stand still, after these values at one a second. */
function flatSeconds(...values: readonly number[]): number {
  const stillness = new Stillness();
  stillness.grow(1);
  for (const [i, value] of values.entries()) stillness.take(Int32Array.of(0), Float64Array.of(value), 1, i * 1000);
  return stillness.flatMs(0, (values.length - 1) * 1000) / 1000;
}

const moving = Array.from({ length: 11 }, (_, i) => 0.3 + i / 100);
const still = (value: number, samples: number): number[] => Array.from({ length: samples }, () => value);

describe('Stillness', () => {
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ['a value that moves', moving, 0],
    ['less than a minute', [...moving, ...still(0.5, 60)], 0],
    ['a minute', [...moving, ...still(0.5, 61)], 60],
    ['longer, with samples that are missing', [...moving, ...still(0.5, 50), NaN, NaN, ...still(0.5, 50)], 101],
    ['a value that never moved', still(0.5, 200), 0],
    ['a value that moved too seldom', [...moving.slice(2), ...still(0.5, 200)], 0],
    ['a share that is used up', [...moving, ...still(1, 200)], 0],
    ['a share of which nothing is used', [...moving, ...still(0, 200)], 0],
    ['what moves again', [...moving, ...still(0.5, 200), 0.6], 0],
  ];
  for (const [name, values, expected] of cases)
    it(`${name}: ${expected} s`, () => expect(flatSeconds(...values)).to.equal(expected));

  it('forgets a slot', () => {
    const stillness = new Stillness();
    stillness.grow(1);
    const take = (value: number, second: number): void =>
      stillness.take(Int32Array.of(0), Float64Array.of(value), 1, second * 1000);
    for (const [i, value] of moving.entries()) take(value, i);
    stillness.reset(0);
    for (let second = 11; second < 100; second++) take(0.5, second);
    expect(stillness.flatMs(0, 99_000)).to.equal(0);
  });
});
