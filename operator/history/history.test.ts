import { expect } from 'chai';
import { Recorder } from '../../engine/history/recorder.ts';
import { minuteMs } from '../../engine/history/series.ts';
import { silentLogger } from '../kube/logger.ts';
import { node } from '../testing/fixtures.ts';
import { Feed } from '../ingest/feed.ts';
import { Join } from '../ingest/join.ts';
import { Sources, type Message } from '../ingest/sources.ts';
import { agentSource, boot, frame, keyframe, message, startMs } from '../ingest/testing.ts';
import { nodeView } from '../ingest/views.ts';

/** What a stream of messages comes to: count and greatest of each minute. */
function recorded(messages: readonly Message[]): string[] {
  const told: string[] = [];
  const recorder = new Recorder({
    onMinute: (minute, series) => {
      for (const { entity, sketch } of series)
        told.push(`${minute - startMs / minuteMs} ${entity} ${sketch.count} ${sketch.max}`);
    },
    onCheck: ({ isViolated }) => expect(isViolated).to.equal(false),
    random: () => 0,
  });
  recorder.keep(new Set(['system.cpu.utilization']));
  const join = new Join();
  join.setNode(nodeView(node({ name: 'node-1', uid: 'uid-node' })));
  const nothing = { result() {}, missed() {}, timeFault() {} };
  const sources = new Sources(nothing, silentLogger);
  const feed = new Feed({ sources, join, evaluator: recorder, hasNode: () => true });
  for (const each of messages) feed.take(each);
  feed.advance(startMs + 5 * minuteMs);
  return told;
}

const key = message(keyframe({ capturedMs: startMs - 20_000 }));
/** Frames from one number to before another; the first is of the minute in which reading begins. */
const seconds = (from: number, to: number): Message[] =>
  Array.from({ length: to - from }, (_, i) =>
    message(frame(from + i, { capturedMs: startMs + (from + i - 2) * 1000 })),
  );

describe('History from the stream', () => {
  it('has each sample once, whatever comes twice, late or out of order', () => {
    const whole = ['0 Node/node-1 60 0.5', '1 Node/node-1 60 0.5', '2 Node/node-1 1 0.5'];
    expect(recorded([key, ...seconds(1, 123)])).to.deep.equal(whole);
    const twice = seconds(1, 123).flatMap((each) => [each, { ...each, storedMs: each.storedMs + 1 }]);
    expect(recorded([key, ...twice])).to.deep.equal(whole);
    // The reader went back in the stream: the server had lost its last messages, or the connection broke.
    expect(recorded([key, ...seconds(1, 90), key, ...seconds(50, 123)])).to.deep.equal(whole);
  });

  it('has the samples of an agent that starts anew', () => {
    const source = agentSource({ boot: boot('b') });
    const after = Array.from({ length: 30 }, (_, i) =>
      message(frame(1 + i, { source, capturedMs: startMs + (90 + i) * 1000 })),
    );
    const restarted = [key, ...seconds(1, 80), message(keyframe({ source }), { storedMs: startMs + 89_000 }), ...after];
    expect(recorded(restarted)).to.deep.equal(['0 Node/node-1 60 0.5', '1 Node/node-1 48 0.5']);
  });
});
