import { expect } from 'chai';
import { shedSubject } from '../../engine/frame/subject.ts';
import { encodeShed, type ShedMessage } from '../ingest/pressure/shed-message.ts';
import type { Entry } from './recording/format.ts';
import { recordedSheds, shedMsOf } from './sheds.ts';

const told = (message: ShedMessage, subject = shedSubject()): Entry => ({
  type: 'message',
  subject,
  storedMs: message.atMs + 2000,
  data: encodeShed(message),
});

describe('what was shed, in a recording', () => {
  const entries = [
    told({ atMs: 300, policies: [] }),
    told({ atMs: 100, policies: ['shop/a'] }, shedSubject('other')),
    told({ atMs: 200, policies: ['shop/a', 'shop/b'] }),
    told({ atMs: 250, policies: ['shop/a'] }, 'homeostat.frames._.lineage'),
    { type: 'message', subject: shedSubject(), storedMs: 1, data: Uint8Array.of(1, 2) } as const,
    told({ atMs: 400, policies: ['shop/b'] }),
  ];

  it('is in the order in which it counted, whatever else there is', () => {
    expect(recordedSheds(entries).map(({ atMs }) => atMs)).to.deep.equal([100, 200, 300, 400]);
  });

  it('says for how long each policy was shed', () => {
    const sheds = recordedSheds(entries);
    expect(shedMsOf('shop/a', sheds, 1000)).to.equal(200);
    expect(shedMsOf('shop/b', sheds, 1000)).to.equal(100 + 600);
    expect(shedMsOf('shop/b', sheds, 250)).to.equal(50);
    expect(shedMsOf('shop/c', sheds, 1000)).to.equal(0);
  });
});
