import { expect } from 'chai';
import fc from 'fast-check';
import { metrics } from '../metrics.ts';
import { compileDetector } from './registry.ts';
import { compiled } from './testing/one-series.ts';

const detect = (parameters: object = {}) => ({
  peers: { minDeviation: '20%', deviations: 5, direction: 'Both', minPeers: 3, ...parameters },
});
const metric = 'k8s.container.cpu.throttled';

/** The slots that fire when each has a value and a group. */
function strange(values: readonly number[], parameters: object = {}, groups = values.map(() => 0)): number[] {
  const bank = compiled(detect(parameters), metric).create();
  bank.grow(values.length);
  bank.judge({
    slots: Int32Array.from(values.keys()),
    length: values.length,
    values: Float64Array.from(values),
    tMs: 0,
    lastSampleMs: new Float64Array(values.length),
    groups: Int32Array.from(groups),
  });
  return [...values.keys()].filter((slot) => bank.firing[slot] !== 0);
}

describe('peers', () => {
  for (const [what, values, parameters, expected] of [
    ['one of four that is far above', [0.1, 0.12, 0.11, 0.9], {}, [3]],
    ['one far above where others are all alike', [0, 0, 0, 0, 0.5], {}, [4]],
    ['less than matters', [0, 0, 0, 0, 0.19], {}, []],
    ['just what matters', [0, 0, 0, 0, 0.2], {}, [4]],
    ['peers that differ much themselves', [0.1, 0.3, 0.5, 0.7, 0.9], {}, []],
    ['two of seven', [0.1, 0.1, 0.1, 0.11, 0.12, 0.8, 0.9], {}, [5, 6]],
    ['half of the group', [0.1, 0.1, 0.9, 0.9], {}, []],
    ['too few peers', [0.1, 0.1, 0.9], {}, []],
    ['fewer peers, where that is enough', [0.1, 0.1, 0.9], { minPeers: 2 }, [2]],
    ['peers without a value', [0.1, 0.1, NaN, NaN, 0.9], {}, []],
    ['one far below', [0.9, 0.9, 0.9, 0.1], {}, [3]],
    ['one far below, looking above', [0.9, 0.9, 0.9, 0.1], { direction: 'Above' }, []],
    ['one far above, looking below', [0.1, 0.1, 0.1, 0.9], { direction: 'Below' }, []],
    ['one of no measurement', [0.1, 0.1, 0.1, 0.1, Infinity], {}, []],
  ] as const)
    it(`${expected.length > 0 ? 'sees' : 'is quiet about'} ${what}`, () => {
      expect(strange([...values], parameters)).to.deep.equal([...expected]);
    });

  it('compares nobody with another group, nor with none', () => {
    const values = [0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 5];
    expect(strange(values, {}, [0, 1, 0, 1, 0, 1, 0, 1, -1])).to.deep.equal([]);
    expect(strange(values, {}, [0, 1, 0, 1, 0, 1, 1, 0, -1])).to.deep.equal([6, 7]);
  });

  it('does not mind the order of slots, and says the same as a plain calculation', () => {
    const middleOf = (all: readonly number[]): number => {
      const sorted = all.toSorted((a, b) => a - b);
      const upper = sorted[sorted.length >> 1] ?? NaN;
      return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? NaN) + upper) / 2;
    };
    const member = fc.record({ value: fc.double({ min: 0, max: 1, noNaN: true }), group: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(member, { minLength: 4, maxLength: 60 }), (all) => {
        const expected = all.flatMap(({ value, group }, slot) => {
          const values = all.filter((each) => each.group === group).map((each) => each.value);
          const middle = middleOf(values);
          const deviation = Math.max(1.4826 * middleOf(values.map((each) => Math.abs(each - middle))), 0.2 / 5);
          return values.length > 3 && Math.abs(value - middle) / deviation >= 5 ? [slot] : [];
        });
        const groups = all.map(({ group }) => group);
        expect(
          strange(
            all.map(({ value }) => value),
            {},
            groups,
          ),
        ).to.deep.equal(expected);
      }),
    );
  });

  it('wants to know which difference matters', () => {
    expect(JSON.stringify(compileDetector(detect({ minDeviation: '0' }), metrics[0]))).to.include('more than 0');
  });
});
