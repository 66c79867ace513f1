import { expect } from 'chai';
import { guarded } from './guarded-evaluator.ts';
import { frame, keyframe } from './testing.ts';

describe('guarded evaluator', () => {
  it('counts every fault and says each once for each source', () => {
    let faults = 0;
    let reason = 'broken';
    const said: object[] = [];
    const fail = (): never => {
      throw new Error(reason);
    };
    const ignore = (): void => {};
    const logger = {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (_: string, fields = {}) => void said.push(fields),
    };
    const evaluator = guarded({ bind: fail, unbind: fail, frame: fail, advance: fail }, () => faults++, logger);
    for (let i = 1; i <= 3; i++) evaluator.frame('a', frame(i));
    evaluator.frame('b', frame(1));
    reason = 'otherwise';
    evaluator.bind('a', keyframe(), []);
    evaluator.advance(1000);
    expect(faults).to.equal(6);
    expect(said.map((fields) => Object.entries(fields).slice(0, 2).flat())).to.deep.equal([
      ['source', 'a', 'error', 'broken'],
      ['source', 'b', 'error', 'broken'],
      ['source', 'a', 'error', 'otherwise'],
      ['source', '', 'error', 'otherwise'],
    ]);
  });
});
