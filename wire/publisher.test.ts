import { expect } from 'chai';
import * as fc from 'fast-check';
import { aFrame, aKeyframe, aSource } from '../engine/frame/fixtures.ts';
import { parseSubject } from '../engine/frame/subject.ts';
import { FakeBus, type Fault } from './testing/fake-bus.ts';
import { FakeClock, settled } from './testing/fake-clock.ts';
import { FramePublisher, type PublisherOptions } from './publisher.ts';

const arrange = (options: PublisherOptions = {}) => {
  const bus = new FakeBus();
  const clock = new FakeClock();
  const publisher = new FramePublisher(bus, clock, { random: () => 1, ...options });
  const keyframe = aKeyframe();
  const offer = (...sequences: number[]): void => {
    for (const sequence of sequences) publisher.offer(keyframe, aFrame({ sequence }));
  };
  return { bus, clock, publisher, keyframe, offer };
};

describe('FramePublisher', () => {
  it('sends a keyframe before the first frame, and each to its subject', async () => {
    const { bus, clock, offer } = arrange();
    offer(1, 2, 3);
    await clock.advance(10);
    expect(bus.story).to.equal('k1 1 2 3');
    expect(bus.stored.map(({ subject }) => parseSubject(subject)?.kind)).to.deep.equal([
      'keyframe',
      'frame',
      'frame',
      'frame',
    ]);
  });

  it('sends a keyframe for each generation, before its first frame', async () => {
    const { bus, clock, publisher, offer } = arrange();
    offer(1, 2);
    const next = aKeyframe({ generation: 2 });
    publisher.offer(next, aFrame({ sequence: 3, generation: 2 }));
    publisher.offer(next, aFrame({ sequence: 4, generation: 2 }));
    await clock.advance(10);
    expect(bus.story).to.equal('k1 1 2 k2 3 4');
  });

  it('repeats the keyframe once a minute', async () => {
    const { bus, clock, offer } = arrange();
    for (let sequence = 1; sequence <= 5; sequence++) {
      offer(sequence);
      await clock.advance(25_000);
    }
    expect(bus.story).to.equal('k1 1 2 3 k1 4 5');
  });

  it('keeps frames while the broker is away and sends them in order, after a keyframe, when it is back', async () => {
    const { bus, clock, offer, publisher } = arrange();
    offer(1);
    await clock.advance(10);
    bus.cut();
    offer(2, 3);
    await clock.advance(60_000);
    expect(publisher.counts.queuedFrames).to.equal(2);
    bus.mend();
    offer(4);
    await clock.advance(10);
    expect(bus.story).to.equal('k1 1 k1 2 3 4');
    expect(publisher.counts).to.include({ queuedFrames: 0, queuedBytes: 0, frames: 4 });
  });

  it('tells of each frame how long it waited to be stored', async () => {
    const waited: number[] = [];
    const { bus, clock, offer } = arrange({ onStored: (ms) => waited.push(ms) });
    bus.cut();
    offer(1);
    await clock.advance(3000);
    offer(2);
    bus.mend();
    await clock.advance(0);
    expect(bus.story).to.equal('k1 1 2');
    expect(waited).to.deep.equal([3000, 0]);
  });

  it('drops the oldest when too many wait, and says how many in the frames that follow', async () => {
    const { bus, clock, offer, publisher } = arrange({ maxFrames: 3 });
    bus.cut();
    offer(1, 2, 3, 4, 5);
    bus.mend();
    await clock.advance(10);
    offer(6);
    await clock.advance(10);
    expect(bus.story).to.equal('k1 3(2) 4(2) 5(2) 6(2)');
    expect(publisher.counts.overflowed).to.equal(2);
  });

  it('drops by bytes too', async () => {
    const { bus, clock, offer } = arrange({ maxBytes: 600 });
    bus.cut();
    offer(1, 2, 3, 4, 5);
    bus.mend();
    await clock.advance(10);
    expect(bus.story).to.match(/^k1 [345]\([234]\)/);
  });

  it('never drops a frame that may be stored already, and counts each gap where it is', async () => {
    const { bus, clock, offer } = arrange({ maxFrames: 2 });
    offer(1);
    bus.faults.push(undefined, 'StoredButTimeout'); // the keyframe; the frame
    await settled();
    offer(2, 3, 4);
    await clock.advance(10_000);
    expect(bus.story).to.equal('k1 1 k1 4(2)');
  });

  it('does not store a frame twice when an acknowledgement is lost', async () => {
    const { bus, clock, offer, publisher } = arrange();
    bus.faults.push('StoredButTimeout', undefined, 'StoredButTimeout');
    offer(1, 2);
    await clock.advance(60_000);
    expect(bus.story).to.equal('k1 1 2');
    expect(publisher.counts.duplicates).to.equal(2);
  });

  it('backs off from failures, up to a limit, and tells each reason once', async () => {
    const told: (string | undefined)[] = [];
    const { bus, clock, offer, publisher } = arrange({ onProblem: (problem) => told.push(problem?.reason) });
    bus.faults.push(...Array.from({ length: 20 }, () => 'NoStream' as const), 'Timeout');
    offer(1);
    await clock.advance(6300); // 0.1 + 0.2 + 0.4 + … + 3.2
    expect(publisher.counts.failures.NoStream).to.equal(7);
    expect(publisher.problem).to.equal('NoStream');
    await clock.advance(5000 * 14);
    expect(bus.story).to.equal('');
    await clock.advance(5000);
    expect(bus.story).to.equal('k1 1');
    expect(told).to.deep.equal(['NoStream', 'Timeout', undefined]);
  });

  it('goes past a frame that the broker will never take', async () => {
    const { bus, clock, offer, publisher } = arrange();
    bus.faults.push(undefined, undefined, 'TooLarge');
    offer(1, 2, 3);
    await clock.advance(10_000);
    expect(bus.story).to.equal('k1 1 k1 3(1)');
    expect(publisher.counts.tooLarge).to.equal(1);
  });

  it('sends one message of a source at a time, and so many sources at once', async () => {
    const { bus, clock, publisher } = arrange({ inFlight: 4 });
    for (let node = 0; node < 20; node++)
      for (const sequence of [1, 2]) {
        const source = aSource({ node: `n${node}` });
        publisher.offer(aKeyframe({ source }), aFrame({ source, sequence }));
      }
    await clock.advance(1000);
    expect(bus.most).to.equal(4);
    expect(bus.stored.filter(({ message }) => message.kind === 'frame')).to.have.length(40);
  });

  it('lets one message at a time try whether the broker is back, and then all of them', async () => {
    const { bus, clock, publisher } = arrange({ inFlight: 4 });
    bus.faults.push(...Array.from({ length: 7 }, () => 'NoStream' as const));
    for (let node = 0; node < 20; node++) {
      const source = aSource({ node: `n${node}` });
      publisher.offer(aKeyframe({ source }), aFrame({ source, sequence: 1 }));
    }
    await clock.advance(50);
    expect([bus.most, bus.faults.length]).to.deep.equal([4, 3]);
    bus.most = 0;
    // 0.1 + 0.2 + 0.4: the last of those is answered.
    await clock.advance(680);
    expect([bus.most, bus.faults.length, bus.stored.length]).to.deep.equal([1, 0, 0]);
    await clock.advance(800);
    expect(bus.stored.filter(({ message }) => message.kind === 'frame')).to.have.length(20);
    expect(publisher.breaker.state(clock.monotonic())).to.equal('Closed');
  });

  it('sends what waits before it closes, and gives up in time', async () => {
    const calm = arrange();
    calm.offer(1, 2);
    const closing = calm.publisher.close(2000);
    await calm.clock.advance(10);
    expect(await closing).to.equal(0);
    expect(calm.bus.story).to.equal('k1 1 2');

    const cut = arrange();
    cut.bus.cut();
    cut.offer(1, 2);
    const inVain = cut.publisher.close(2000);
    await cut.clock.advance(2000);
    expect(await inVain).to.equal(2);
  });
});

/** What can happen between two frames. */
type Event =
  | { offer: true }
  | { generation: true }
  | { fault: Fault }
  | { cut: true }
  | { mend: true }
  | { waitMs: number };

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Event>({ offer: true }) },
    { weight: 1, arbitrary: fc.constant<Event>({ generation: true }) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom<Fault>('Disconnected', 'NoStream', 'Refused', 'Timeout', 'TooLarge', 'StoredButTimeout')
        .map((fault): Event => ({ fault })),
    },
    { weight: 1, arbitrary: fc.constant<Event>({ cut: true }) },
    { weight: 1, arbitrary: fc.constant<Event>({ mend: true }) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 3000 }).map((waitMs): Event => ({ waitMs })) },
  ),
  { maxLength: 60 },
);

describe('FramePublisher, whatever happens', () => {
  it('stores each frame at most once, in order, says at each gap how many are missing, and explains every frame', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const { bus, clock, publisher } = arrange({ maxFrames: 4 });
        let keyframe = aKeyframe();
        let sequence = 0;
        for (const event of all) {
          if ('offer' in event)
            publisher.offer(keyframe, aFrame({ sequence: ++sequence, generation: keyframe.generation }));
          else if ('generation' in event) keyframe = aKeyframe({ generation: keyframe.generation + 1 });
          else if ('fault' in event) bus.faults.push(event.fault);
          else if ('cut' in event) bus.cut();
          else if ('mend' in event) bus.mend();
          else await clock.advance(event.waitMs);
        }
        bus.mend();
        await clock.advance(600_000);

        const { overflowed, tooLarge, queuedFrames, queuedBytes } = publisher.counts;
        expect([queuedFrames, queuedBytes]).to.deep.equal([0, 0]);
        let generation = 0;
        let droppedBefore = 0;
        let keyframeSince = false;
        let count = 0;
        for (const { message } of bus.stored) {
          if (message.kind === 'keyframe') {
            ({ generation } = message);
            keyframeSince = true;
            continue;
          }
          count++;
          expect(message.generation, 'is read with the keyframe before it').to.equal(generation);
          expect(message.dropped, `missing before ${message.sequence}`).to.equal(message.sequence - count);
          if (message.dropped > droppedBefore) expect(keyframeSince, 'a keyframe in the gap').to.equal(true);
          droppedBefore = message.dropped;
          keyframeSince = false;
        }
        expect(count + overflowed + tooLarge).to.equal(sequence);
      }),
      { numRuns: 300 },
    );
  });
});
