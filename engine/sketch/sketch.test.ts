import { expect } from 'chai';
import fc from 'fast-check';
import { compared } from '../history/exact.ts';
import { bucketOf, coarser, finest, least, relativeErrorOf, valueOf } from './buckets.ts';
import { ByteReader, ByteWriter, SketchError } from './bytes.ts';
import { readSketch, writeSketch } from './codec.ts';
import {
  coarsened,
  emptySketch,
  faded,
  merged,
  mostBuckets,
  quantile,
  relativeError,
  sketchOf,
  type Sketch,
} from './sketch.ts';

/** Numbers as metrics have them: of any size within the bounds, many near each other, some zero or negative. */
const numbers = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 400 }),
  fc.array(fc.integer({ min: -5, max: 40 }), { maxLength: 400 }),
  fc.array(fc.double({ min: -1e25, max: 1e25, noNaN: true }), { maxLength: 400 }),
  fc
    .tuple(
      fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 400 }),
    )
    .map(([scale, steps]) => steps.map((step) => Math.fround(scale * (1 + step / 1000)))),
  fc.array(
    fc.integer({ min: -38, max: 86 }).map((power) => 2 ** power),
    { maxLength: 400 },
  ),
);

const bytesOf = (sketch: Sketch): Uint8Array => {
  const to = new ByteWriter();
  writeSketch(to, sketch);
  return to.bytes;
};
const decoded = (bytes: Uint8Array): Sketch => readSketch(new ByteReader(bytes));
/** All of a sketch but its sum, which is rounded. */
const exactly = (sketch: Sketch) => ({
  ...sketch,
  sum: 0,
  buckets: [...sketch.buckets],
  counts: [...sketch.counts],
});

describe('Buckets', () => {
  const any = fc.oneof(
    fc.double({ min: -3e26, max: 3e26, noNaN: true }),
    fc.integer({ min: -38, max: 87 }).map((power) => 2 ** power * (1 - Number.EPSILON)),
    fc.integer({ min: -38, max: 86 }).map((power) => -(2 ** power)),
  );

  it('are told by a number within the error that is promised, at every resolution', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: finest }), (value, resolution) => {
        const told = valueOf(bucketOf(value, resolution), resolution);
        const distance = Math.abs(told - value);
        expect(distance).to.be.at.most(
          Math.abs(value) < least ? least : Math.abs(value) * relativeErrorOf(resolution) * (1 + 1e-12),
        );
      }),
    );
  });

  it('are in the order of their numbers, and two of them one of the next coarser', () => {
    fc.assert(
      fc.property(any, any, fc.integer({ min: 1, max: finest }), (one, other, resolution) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(bucketOf(low, resolution)).to.be.at.most(bucketOf(high, resolution));
        expect(coarser(bucketOf(one, resolution)) + 0).to.equal(bucketOf(one, resolution - 1));
      }),
    );
  });

  it('hold what is near zero, and what is too large, without an end', () => {
    expect([0, -0, 1e-13, -1e-13, 5e-324].map((value) => bucketOf(value, finest) + 0)).to.deep.equal([0, 0, 0, 0, 0]);
    expect(bucketOf(Number.MAX_VALUE, finest)).to.equal(128 * 64);
    expect(bucketOf(-Number.MAX_VALUE, finest)).to.equal(-128 * 64);
  });
});

describe('A sketch', () => {
  it('tells each quantile within its relative error, its count and extremes exactly', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sketch = sketchOf(values);
        expect(compared(sketch, values)).to.include({ isViolated: false });
        const sum = values.reduce((all, value) => all + value, 0);
        expect(sketch.sum).to.be.closeTo(sum, 1e-9 * Math.max(1, ...values.map(Math.abs)) * Math.max(1, values.length));
      }),
    );
  });

  it('of what lies within a factor of 16 is within 0.8 %', () => {
    const sketch = sketchOf(Array.from({ length: 10_000 }, (_, i) => 1 + (15 * i) / 10_000));
    expect(relativeError(sketch)).to.equal(1 / 129);
    expect(quantile(sketch, 0.5)).to.be.closeTo(8.5, 8.5 / 129);
  });

  it('is the same however its numbers come together', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const [one, two, three] = [sketchOf(a), sketchOf(b), sketchOf(c)] as const;
        const whole = exactly(sketchOf([...a, ...b, ...c]));
        expect(exactly(merged(merged(one, two), three))).to.deep.equal(whole);
        expect(exactly(merged(one, merged(three, two)))).to.deep.equal(whole);
      }),
    );
  });

  it('is bounded, whatever its numbers', () => {
    const all = Array.from(
      { length: 20_000 },
      (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** ((i % 128) - 40 + (i % 97) / 97),
    );
    const sketch = sketchOf(all);
    expect(sketch.buckets.length).to.be.at.most(mostBuckets + 1);
    expect(bytesOf(sketch).length).to.be.below(1200);
    expect(compared(sketch, all)).to.include({ isViolated: false });
  });

  it('leaves out what is not finite', () => {
    expect(exactly(sketchOf([NaN, Infinity, -Infinity, 1]))).to.deep.equal(exactly(sketchOf([1])));
  });

  it('of nothing has no quantile, and adds nothing', () => {
    expect(quantile(emptySketch, 0.5)).to.deep.equal(NaN);
    const one = sketchOf([1, 2]);
    expect(merged(emptySketch, one)).to.deep.equal(one);
  });

  it('fades: each bucket keeps its share, and nothing is left of a single number at last', () => {
    let sketch = sketchOf([1, 2, 2, 2, 2]);
    sketch = faded(sketch, 0.5);
    expect([sketch.count, quantile(sketch, 1)]).to.deep.equal([3, 2]);
    for (let i = 0; i < 3; i++) sketch = faded(sketch, 0.4);
    expect(sketch.count).to.equal(0);
  });

  it('can be made coarser, at the cost of its error', () => {
    const values = [1, 1.1, 1.2, 3, 9];
    const coarse = coarsened(sketchOf(values), 2);
    expect(relativeError(coarse)).to.equal(1 / 9);
    expect(compared(coarse, values)).to.include({ isViolated: false });
  });
});

describe('The bytes of a sketch', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sketch = sketchOf(values);
        expect(decoded(bytesOf(sketch))).to.deep.equal(sketch);
      }),
    );
  });

  it('stay as they were first laid down', () => {
    const golden: [values: number[], hex: string][] = [
      [[], '3e00'],
      [[0], `3e010001${'00'.repeat(16)}`],
      [[0.5, 0.5, 0.625, 2], '3e0382270f6f0201010000000000000d400000003f00000040'],
      [[-3, 0.1], '2e02c1298727010133333333333307c0000040c09a9999999999b93f'],
    ];
    for (const [values, hex] of golden) expect(Buffer.from(bytesOf(sketchOf(values))).toString('hex')).to.equal(hex);
  });

  it('of another version, cut off or mad are refused', () => {
    const bytes = bytesOf(sketchOf([1, 2, 3]));
    for (let end = 0; end < bytes.length; end++) expect(() => decoded(bytes.subarray(0, end))).to.throw(SketchError);
    expect(() => decoded(Uint8Array.of(2 << 5, 0))).to.throw(SketchError, 'version 2');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (mad) => {
        try {
          quantile(decoded(mad), 0.5);
        } catch (error) {
          expect(error).to.be.instanceOf(SketchError);
        }
      }),
    );
  });
});
