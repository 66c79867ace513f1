import { expect } from 'chai';
import { chanceOf, every, judge, type SignalFacts, type When } from './judgement.ts';

/** `x` fires, `.` does not, `?` is missing; a number fires and is so sure. */
const signal = (word: string | number): SignalFacts => ({
  firing: word === 'x' || typeof word === 'number',
  missing: word === '?',
  value: 1,
  confidence: typeof word === 'number' ? word : word === 'x' ? 1 : 0,
  chance: typeof word === 'number' ? 1 - word : word === 'x' ? 0 : 1,
  samples: 5,
});
const and = every;
const or: When = (signals) => signals.some(({ firing }) => firing);
const butNot: When = ([a, b]) => a?.firing === true && b?.firing !== true;
const always: When = () => true;
const broken: When = () => {
  throw new Error('no such field');
};

describe('judgement', () => {
  for (const [signals, when, missing, least, condition, confidence] of [
    [['x'], and, 'Hold', 0, 'True', 1],
    [['.'], and, 'Hold', 0, 'False', 0],
    [['x', '.'], and, 'Hold', 0, 'False', 0],
    [['x', '.'], or, 'Hold', 0, 'True', 1],
    [['x', '.'], butNot, 'Hold', 0, 'True', 1],
    [['x', 'x'], butNot, 'Hold', 0, 'False', 0],
    // While nothing fires, nothing holds.
    [['.', '.'], always, 'Hold', 0, 'False', 0],
    // The least sure of all that are needed, the surest of those of which one is enough.
    [[0.9, 0.5], and, 'Hold', 0, 'True', 0.5],
    [[0.9, 0.5], or, 'Hold', 0, 'True', 0.9],
    [[0.5, 0.9, 0.7], or, 'Hold', 0, 'True', 0.9],
    [[0.9, 0.5], and, 'Hold', 0.6, 'False', 0],
    [[0.9, 0.5], or, 'Hold', 0.6, 'True', 0.9],
    // A missing signal leaves open only what depends on it.
    [['?'], and, 'Hold', 0, 'Unknown', 0],
    [['?', '?'], always, 'Hold', 0, 'Unknown', 0],
    [['x', '?'], and, 'Hold', 0, 'Unknown', 0],
    [['.', '?'], and, 'Hold', 0, 'False', 0],
    [['x', '?'], or, 'Hold', 0, 'True', 1],
    [['.', '?'], or, 'Hold', 0, 'Unknown', 0],
    [['x', '?'], butNot, 'Hold', 0, 'Unknown', 0],
    [['x', '?'], and, 'Clear', 0, 'False', 0],
    [['x', '?'], or, 'Clear', 0, 'True', 1],
    [['?'], and, 'Clear', 0, 'False', 0],
    [['x', '?'], and, 'Fire', 0, 'True', 1],
    [['.', '?'], and, 'Fire', 0, 'False', 0],
    [['?'], and, 'Fire', 0, 'True', 1],
  ] as const) {
    const name = when === and ? 'and' : when === or ? 'or' : when === butNot ? 'but not' : 'always';
    it(`${signals.join(` ${name} `)}${least > 0 ? ` at least ${least}` : ''}, ${missing}: ${condition} ${confidence}`, () => {
      expect(judge(signals.map(signal), when, missing, least)).to.deep.equal({ condition, confidence });
    });
  }

  for (const [signals, when, missingFires, chance] of [
    [[0.9], and, false, 0.1],
    [[0.75, 0.5], and, false, 0.5],
    [[0.75, 0.5], or, false, 0.25],
    [['x', 0.5], and, false, 0.5],
    [['x', 0.5], or, false, 0],
    [['.', 0.5], or, false, 0.5],
    [['?', 0.5], or, false, 0.5],
    [['?', 0.5], or, true, 0],
  ] as const)
    it(`${signals.join(', ')}, ${when === and ? 'all' : 'one'} of them: by a chance of ${chance}`, () => {
      expect(chanceOf(signals.map(signal), when, missingFires)).to.be.closeTo(chance, 1e-12);
    });

  it('asks nothing while no signal fires, and passes an error on', () => {
    expect(judge([signal('.')], broken, 'Hold', 0).condition).to.equal('False');
    expect(() => judge([signal('x')], broken, 'Hold', 0)).to.throw('no such field');
  });
});
