import { expect } from 'chai';
import type { Frame, Keyframe } from '../../../engine/frame/types.ts';
import { frame, keyframe } from '../../ingest/testing.ts';
import { withoutScores } from './without-scores.ts';

describe('withoutScores', () => {
  it('hides what agents found, and keeps the numbers of all columns', () => {
    const columns = ['score/0123456789abcdef/score', 'system.cpu.utilization', 'score/0123456789abcdef/chance'].map(
      (metric) => ({ metric, scope: 'Node' as const }),
    );
    const bound: Keyframe[] = [];
    const frames: Frame[] = [];
    const judging = withoutScores({
      bind: (_key, told) => bound.push(told),
      unbind: () => {},
      advance: () => {},
      frame: (_key, told) => frames.push(told),
    });
    const one = frame(1);
    judging.bind('agent/n1', keyframe({ columns }), []);
    judging.frame('agent/n1', one);
    expect(bound[0]?.columns.map(({ metric }) => metric)).to.deep.equal(['', 'system.cpu.utilization', '']);
    expect(frames).to.deep.equal([one]);
  });
});
