import { expect } from 'chai';
import * as fc from 'fast-check';
import { frameMessageId, frameSubject, keyframeMessageId, nodeToken, parseSubject } from './subject.ts';
import type { Frame, Keyframe } from './types.ts';

describe('frame subjects', () => {
  for (const [node, token] of [
    ['', '_'],
    ['f', 'co'],
    ['fo', 'cpng'],
    ['foo', 'cpnmu'],
    ['foob', 'cpnmuog'],
    ['fooba', 'cpnmuoj1'],
    ['foobar', 'cpnmuoj1e8'],
  ] as const)
    it(`writes node ${JSON.stringify(node)} as RFC 4648 does`, () => expect(nodeToken(node)).to.equal(token));

  it('tells frames from keyframes, producers and installations', () => {
    expect(frameSubject({ producer: 'agent', node: 'foo' }, 'frame')).to.equal('homeostat.frames.cpnmu.agent');
    expect(frameSubject({ producer: 'state', node: '' }, 'keyframe')).to.equal('homeostat.frames._.state.key');
    expect(frameSubject({ producer: 'agent', node: 'foo' }, 'frame', 'blue')).to.equal('blue.frames.cpnmu.agent');
  });

  it('reads back every node’s name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('agent', 'state'),
        fc.constantFrom('frame', 'keyframe'),
        (node, producer, kind) => {
          const subject = frameSubject({ producer, node }, kind);
          expect(subject).to.match(/^[a-z0-9_.]+$/);
          expect(parseSubject(subject)).to.deep.equal({ prefix: 'homeostat', node, producer, kind });
        },
      ),
    );
  });

  for (const subject of [
    '',
    'homeostat.frames.cpnmu',
    'homeostat.frames.cpnmu.agent.key.more',
    'homeostat.frames.CPNMU.agent',
    'homeostat.frames.cpnmu.other',
    'homeostat.frames.cpnmv.agent', // bits that no name leaves
    'homeostat.frames.vv.agent', // not UTF-8
    'homeostat.events.cpnmu.agent',
  ])
    it(`does not take ${JSON.stringify(subject)}`, () => expect(parseSubject(subject)).to.equal(undefined));

  it('gives each message its own id', () => {
    const source = { producer: 'agent', node: 'n', boot: 'b' } as const;
    expect(frameMessageId({ source, sequence: 7 } as Frame)).to.equal('b:do.agent:7');
    expect(keyframeMessageId({ source, generation: 2 } as Keyframe, 7)).to.equal('b:do.agent:k2:7');
  });
});
