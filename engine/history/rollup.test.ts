import { expect } from 'chai';
import fc from 'fast-check';
import { SketchError } from '../sketch/bytes.ts';
import { sketchOf } from '../sketch/sketch.ts';
import type { MinuteOfSeries } from './recorder.ts';
import { decodeRollup, encodeRollup } from './rollup.ts';
import { partitionOf } from './series.ts';

const series: MinuteOfSeries[] = [
  { entity: 'Deployment/shop/cart', container: 'app', metric: 'a', sketch: sketchOf([1, 2]) },
  { entity: 'Deployment/shop/cart', container: 'app', metric: 'b', sketch: sketchOf([]) },
  { entity: 'Deployment/shop/cart', container: '', metric: 'b', sketch: sketchOf([-1e9, 0, 1e-9]) },
  { entity: 'Node/n1', container: '', metric: 'a', sketch: sketchOf([0.5]) },
];

describe('A rollup', () => {
  it('is read as it was written', () => {
    const rollup = { minute: 29_460_000, part: 3, series };
    expect(decodeRollup(encodeRollup(rollup))).to.deep.equal(rollup);
  });

  it('is written as it was first laid down', () => {
    const bytes = encodeRollup({ minute: 300, part: 0, series: series.slice(3) });
    const [one, zeros] = ['e03f0000003f0000003f', '00'.repeat(6)];
    expect(Buffer.from(bytes).toString('hex')).to.equal(
      `5201ac020001016107${Buffer.from('Node/n1').toString('hex')}010001003e01822701${zeros}${one}`,
    );
  });

  it('in another version, cut off or mad is refused', () => {
    const bytes = encodeRollup({ minute: 1, part: 0, series });
    expect(() => decodeRollup(bytes.subarray(0, bytes.length - 2))).to.throw(SketchError);
    expect(() => decodeRollup(Uint8Array.of(0x52, 2))).to.throw(SketchError, 'version 2');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (mad) => {
        try {
          decodeRollup(Uint8Array.of(0x52, 1, ...mad));
        } catch (error) {
          expect(error).to.be.instanceOf(SketchError);
        }
      }),
    );
  });

  it('stands in a partition that never changes', () => {
    expect(['Deployment/shop/cart', 'Node/n1', 'Deployment/ü/x'].map(partitionOf)).to.deep.equal([14, 11, 11]);
  });
});
