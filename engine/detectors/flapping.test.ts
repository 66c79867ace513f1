import { expect } from 'chai';
import { compiled, OneSeries } from './testing/one-series.ts';

/** Whether it fires after each value, one in 10 s. */
const firing = (parameters: object, values: readonly number[]): string => {
  const series = new OneSeries(compiled({ flapping: parameters }, 'k8s.pod.ready').create());
  return values.map((value) => (series.give(value) ? 'x' : '.')).join('');
};

describe('flapping', () => {
  for (const [parameters, values, expected] of [
    [{ changes: 3, withinSeconds: 60 }, [1, 0, 1, 0, 1], '...xx'],
    [{ changes: 3, withinSeconds: 60 }, [1, 1, 1, 0, 0, 0], '......'],
    // Three in 60 s, not in 70 s.
    [{ changes: 3, withinSeconds: 60 }, [1, 0, 0, 0, 1, 1, 1, 0], '.......x'],
    [{ changes: 3, withinSeconds: 60 }, [1, 0, 0, 0, 1, 1, 1, 1, 0], '.........'],
    // Until there are fewer than two within the time.
    [{ changes: 3, withinSeconds: 40 }, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0], '...xxxx...'],
    [{ changes: 2, withinSeconds: 60 }, [1, NaN, 1, NaN, 0, NaN, 0], '.......'],
    [{ changes: 2, withinSeconds: 60 }, [1, NaN, 0, NaN, 1, NaN, 1], '....xxx'],
    // Any change of a state counts, of a level only that it is crossed.
    [{ changes: 3, withinSeconds: 60 }, [1, 2, 3, 4], '...x'],
    [{ changes: 3, withinSeconds: 60, level: '5' }, [1, 2, 3, 4, 6, 7, 8], '.......'],
    [{ changes: 3, withinSeconds: 60, level: '5' }, [5, 6, 5, 6], '...x'],
  ] as const)
    it(`${JSON.stringify(parameters)}: ${values.join(' ')} -> ${expected}`, () => {
      expect(firing(parameters, values)).to.equal(expected.slice(0, values.length));
    });

  it('says how often, and in which time', () => {
    const series = new OneSeries(
      compiled({ flapping: { changes: 6, withinSeconds: 600, level: '50%' } }, 'system.cpu.utilization').create(),
    );
    for (let i = 0; i < 6; i++) for (let k = 0; k < 5; k++) series.give(i % 2);
    expect(series.says[0]).to.be.false;
    series.give(0);
    expect(series.says).to.deep.equal([true, 1, 'crossed the level 6 times in the last 4 min 10 s']);
    for (let k = 0; k < 40; k++) series.give(0);
    expect(series.says[2]).to.equal('crossed the level 5 times in 10 min');
  });
});
