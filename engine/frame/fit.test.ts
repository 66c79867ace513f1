import { expect } from 'chai';
import { misfit, rowRanges } from './fit.ts';
import { aFrame, aKeyframe, aSource } from './fixtures.ts';

describe('frame and keyframe', () => {
  it('know where the rows of a scope stand', () => {
    expect(rowRanges(aKeyframe())).to.deep.equal({
      Node: { from: 0, to: 1 },
      Workload: { from: 1, to: 1 },
      Pod: { from: 1, to: 2 },
      Container: { from: 2, to: 4 },
    });
  });

  const sparse = { rows: Uint32Array.of(1, 3), columns: [{ column: 2, values: Float32Array.of(1) }] };
  const cases: Record<string, [changes: Parameters<typeof aFrame>[0], problem: RegExp | undefined]> = {
    'all rows': [{}, undefined],
    'some rows': [sparse, undefined],
    'no rows': [{ rows: new Uint32Array(0), columns: [] }, undefined],
    'a column of a scope to come': [{ columns: [{ column: 9, values: new Float32Array(3) }] }, undefined],
    'rows of a scope to come': [{ ...sparse, rows: Uint32Array.of(1, 3, 7) }, undefined],
    'too few values': [
      { columns: [{ column: 2, values: new Float32Array(1) }] },
      /column 2 \(k8s.container.cpu.usage\) has 1 values for 2 Container rows/,
    ],
    'too many values for the rows told': [{ ...sparse, rows: Uint32Array.of(1) }, /1 values for 0 Container rows/],
    'another generation': [{ generation: 2 }, /generation 2/],
    'another boot': [{ source: aSource({ boot: 'f'.repeat(32) }) }, /boot ffff/],
  };
  for (const [what, [changes, problem]] of Object.entries(cases))
    it(`${problem === undefined ? 'fit' : 'do not fit'}: ${what}`, () => {
      const found = misfit(aFrame(changes), aKeyframe());
      if (problem === undefined) expect(found).to.equal(undefined);
      else expect(found).to.match(problem);
    });
});
