import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { newQuality, staleness, type FrameResult, type Quality } from './quality.ts';
import { Sources, type Message } from './sources.ts';
import { agentSource, boot, frame, keyframe, message, startMs } from './testing.ts';

function setUp() {
  const said: object[] = [];
  const totals = { ...newQuality().results };
  const counting = {
    result: (result: FrameResult, frames = 1) => void (totals[result] += frames),
    missed: () => {},
    timeFault: () => {},
  };
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_: string, fields = {}) => void said.push(fields),
  };
  const sources = new Sources(counting, logger, 3);
  /** The sequence numbers that are evaluated now. */
  const take = (content: Frame | Keyframe | Message) =>
    sources.take('kind' in content ? message(content) : content).map(({ frame }) => frame.sequence);
  const quality = (key = 'agent/node-1'): Quality => sources.quality(key) ?? newQuality();
  return { sources, take, quality, said, totals };
}

describe('Sources', () => {
  it('keeps the values of a frame that waits, whatever comes meanwhile', () => {
    const { sources } = setUp();
    const of = (value: number) => ({ columns: [{ column: 0, values: Float32Array.of(value) }] });
    // At an odd place, as in the buffer of a socket.
    const oddly = (sent: Message): Message => {
      const data = new Uint8Array(sent.data.length + 1).subarray(1);
      data.set(sent.data);
      return { ...sent, data };
    };
    sources.take(oddly(message(frame(1, { ...of(1), generation: 2 }))));
    sources.take(oddly(message(keyframe())));
    sources.take(oddly(message(frame(2, { ...of(2), generation: 2 }))));
    const readable = sources.take(oddly(message(keyframe({ generation: 2 }))));
    expect(readable.map(({ frame: { columns } }) => columns[0]?.values[0])).to.deep.equal([1, 2]);
  });

  const garbage = { ...message(frame(9)), data: Uint8Array.of(1, 2, 3) };
  const second = { source: agentSource({ boot: boot('b') }) };
  const cases: [
    name: string,
    messages: (Frame | Keyframe | Message)[],
    evaluated: number[],
    figures: Partial<Quality>,
  ][] = [
    ['evaluates what is in order', [keyframe(), frame(1), frame(2)], [1, 2], { missed: 0 }],
    ['drops a frame that comes twice', [keyframe(), frame(1), frame(1), frame(2)], [1, 2], {}],
    ['counts a gap', [keyframe(), frame(1), frame(4)], [1, 4], { missed: 2 }],
    ['drops a frame that comes late', [keyframe(), frame(1), frame(3), frame(2)], [1, 3], { missed: 1 }],
    ['goes on after garbage', [keyframe(), frame(1), garbage, frame(2)], [1, 2], {}],
    ['evaluates frames of a late keyframe', [frame(1), frame(2), keyframe(), frame(3)], [1, 2, 3], {}],
    [
      'does not let frames of another keyframe wait behind later ones',
      [keyframe(), frame(1, { generation: 2 }), frame(2), keyframe({ generation: 2 }), frame(3, { generation: 2 })],
      [2, 3],
      {},
    ],
    [
      'reads frames of the last generations',
      [keyframe(), keyframe({ generation: 2 }), frame(1), frame(2, { generation: 2 })],
      [1, 2],
      {},
    ],
    [
      'begins anew with a new process and does not hear the old one',
      [keyframe(), frame(7), keyframe(second), frame(1, { ...second, capturedMs: startMs + 8000 }), frame(9)],
      [7, 1],
      { boots: 2, missed: 0 },
    ],
    [
      'counts what was not measured between two processes',
      [keyframe(), frame(2), keyframe(second), frame(1, { ...second, capturedMs: startMs + 6200 })],
      [2, 1],
      { boots: 2, missed: 3 },
    ],
    [
      'hears the old process again when the new one is silent',
      [
        keyframe(),
        frame(1),
        keyframe(second),
        keyframe({ generation: 2, capturedMs: startMs + 40_000 }),
        frame(41, { generation: 2 }),
      ],
      [1, 41],
      { boots: 3 },
    ],
    [
      'tells what the sender dropped',
      [keyframe(), frame(1), frame(5, { dropped: 3 })],
      [1, 5],
      { droppedBySender: 3, missed: 3 },
    ],
  ];
  for (const [name, messages, evaluated, figures] of cases) {
    it(name, () => {
      const { take, quality } = setUp();
      expect(messages.flatMap(take)).to.deep.equal(evaluated);
      expect(quality()).to.include(figures);
    });
  }

  it('accounts for every frame exactly once, and says once what is wrong', () => {
    const { take, totals, said } = setUp();
    const frames = [
      keyframe(),
      frame(1),
      frame(1),
      frame(3),
      frame(2),
      frame(4, { generation: 8 }),
      frame(5),
      garbage,
      garbage,
    ];
    frames.forEach(take);
    expect(totals).to.deep.equal({
      Evaluated: 3,
      Duplicate: 1,
      OutOfOrder: 1,
      Unreadable: 1,
      Undecodable: 2,
      Superseded: 0,
      TooManySources: 0,
      WrongSubject: 0,
    });
    expect(said).to.have.length(1);
    expect(said[0]).to.include({ node: 'node-1', producer: 'agent', reason: 'NotAFrame' });
  });

  it('holds frames without a keyframe for five seconds and at most sixteen', () => {
    const { sources, take, quality } = setUp();
    for (let sequence = 1; sequence <= 20; sequence++)
      take(message(frame(sequence), { storedMs: startMs + 20_000 + sequence }));
    expect(quality().results.Unreadable).to.equal(4);
    sources.expire(startMs + 26_000, () => true);
    expect([quality().results.Unreadable, take(keyframe()).length]).to.deep.equal([20, 0]);
  });

  it('takes no frame on the subject of another node', () => {
    const { take, quality, said } = setUp();
    const forged = message(keyframe({ source: agentSource({ node: 'node-2' }) }), {
      subject: message(keyframe()).subject,
    });
    expect(take(forged)).to.deep.equal([]);
    expect(take({ ...forged, subject: 'homeostat.frames.x!' })).to.deep.equal([]);
    expect([quality().results.WrongSubject, said.length]).to.deep.equal([1, 2]);
  });

  it('gives no source’s time to another', () => {
    const { take, quality } = setUp();
    const wrong = { source: agentSource({ node: 'node-2' }) };
    take(keyframe());
    take(message(keyframe(wrong)));
    take(message(frame(1, { ...wrong, capturedMs: startMs + 86_400_000 }), { storedMs: startMs + 1002 }));
    take(frame(1));
    expect(quality()).to.include({ skewMs: 0, lastReadMs: startMs + 1000 });
    expect(quality('agent/node-2')).to.include({ lastReadMs: startMs + 1002 });
    expect(quality('agent/node-2').timeFaults.Future).to.equal(1);
  });

  it('takes a keyframe for as old as its storing, whatever it says', () => {
    const { sources } = setUp();
    sources.take(message(keyframe({ capturedMs: startMs + 86_400_000 }), { storedMs: startMs + 5 }));
    expect(sources.take(message(frame(1)))[0]?.keyframe.capturedMs).to.equal(startMs + 5);
  });

  it('forgets a source that is silent and unwanted', () => {
    const { sources, take } = setUp();
    take(keyframe());
    expect(sources.expire(startMs + 899_000, () => false)).to.deep.equal([]);
    expect(sources.expire(startMs + 901_000, () => true)).to.deep.equal([]);
    expect(sources.expire(startMs + 901_000, () => false)).to.deep.equal(['agent/node-1']);
    expect(sources.quality('agent/node-1')).to.equal(undefined);
  });

  it('keeps so many apart and no more, until one is forgotten, and says so once', () => {
    const { sources, take, said, totals } = setUp();
    const of = (node: string, sequence: number) => frame(sequence, { source: agentSource({ node }) });
    for (const node of ['a', 'b', 'c']) take(keyframe({ source: agentSource({ node }) }));
    for (const node of ['d', 'e', 'a']) take(of(node, 1));
    expect(totals).to.include({ TooManySources: 2, Evaluated: 1 });
    expect(said).to.have.length(1);
    sources.expire(startMs + 901_000, (key) => key !== 'agent/b');
    expect(take(of('d', 2))).to.deep.equal([]);
    expect(totals.TooManySources).to.equal(2);
  });

  it('never throws, whatever the bytes and the subject', () => {
    const { take, totals } = setUp();
    const valid = message(frame(1)).data;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => valid.with(at, byte)),
    );
    const subject = fc.constantFrom(
      message(frame(1)).subject,
      message(keyframe()).subject,
      'homeostat.frames.zz.agent',
      '',
    );
    fc.assert(fc.property(subject, bytes, (subject, data) => void take({ subject, data, storedMs: startMs })));
    expect(totals.Undecodable).to.be.greaterThan(0);
  });
});

describe('staleness', () => {
  const at = (quality: Partial<Quality>): Quality => ({ ...newQuality(), ...quality });
  const nowMs = startMs + 60_000;
  const cases: [name: string, quality: Quality | undefined, reason: string | undefined, message?: string][] = [
    ['fresh', at({ lastStoredMs: nowMs - 900, lastReadMs: nowMs - 1000 }), undefined],
    ['never heard', undefined, 'NeverSeen', 'no frame has ever arrived'],
    ['silent', at({ lastStoredMs: nowMs - 42_000, lastReadMs: nowMs - 42_010 }), 'Silent', 'no frame for 42 s'],
    [
      'late',
      at({ lastStoredMs: nowMs, lastReadMs: nowMs - 40_000 }),
      'Late',
      'frames arrive 40 s after they were measured',
    ],
    ['without keyframe', at({ lastStoredMs: nowMs }), 'Unreadable'],
    [
      'undecodable',
      at({ lastStoredMs: nowMs, results: { ...newQuality().results, Undecodable: 3 } }),
      'Undecodable',
      '3 messages cannot be decoded',
    ],
  ];
  for (const [name, quality, reason, text] of cases) {
    it(`${name}: ${reason ?? 'nothing'}`, () => {
      const stale = staleness(quality, nowMs, 15_000);
      expect(stale?.reason).to.equal(reason);
      if (text !== undefined) expect(stale?.message).to.equal(text);
    });
  }
});
