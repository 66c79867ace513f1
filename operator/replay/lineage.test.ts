import { expect } from 'chai';
import { lineageSubject } from '../../engine/frame/subject.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { lineageKind } from '../ingest/lineage/kinds.ts';
import { encodeLineage, type Lineage } from '../ingest/lineage/message.ts';
import { frame, keyframe, message, startMs } from '../ingest/testing.ts';
import { pod } from '../testing/fixtures.ts';
import type { Entry } from './recording/format.ts';
import { Replay } from './replay.ts';

/** How many rows of a node with the pods `web-1` and `web-2` belong to nobody, after what the leader told of it. */
function unboundAfter(...told: readonly Omit<Lineage, 'atMs'>[]): number {
  const replay = new Replay({ rootNamespace: 'homeostat', onVerdict: () => {} });
  const rows = ['uid-1', 'uid-2'].map((uid) => ({ scope: 'Container', uid, container: 'app' }) as const);
  const spoken = (content: Frame | Keyframe): Entry => ({ type: 'message', ...message(content) });
  replay.play([
    spoken(keyframe({ rows })),
    ...told.map((lineage, i): Entry => {
      const storedMs = startMs + 1000 * i;
      return { type: 'message', subject: lineageSubject('node-1'), storedMs, data: encodeLineage(lineage) };
    }),
    ...Array.from({ length: told.length + 1 }, (_, i) => spoken(frame(i + 1))),
  ]);
  return replay.stats.unboundRows;
}

const podOf = (uid: string): Lineage['objects'][number] => {
  const { keep, view } = lineageKind('Pod') ?? expect.fail('no Pod');
  return { kind: 'Pod', object: keep(view(pod({ uid, name: uid }))) };
};

describe('what a replay learns of the pods of a node', () => {
  it('are all that are told, when all of it is', () => {
    expect(unboundAfter()).to.equal(2);
    expect(unboundAfter({ objects: [podOf('uid-1'), podOf('uid-2')] })).to.equal(0);
    expect(unboundAfter({ objects: [podOf('uid-1')] }, { objects: [podOf('uid-2')] })).to.equal(1);
    expect(unboundAfter({ objects: [podOf('uid-1'), podOf('uid-2')] }, { objects: [] })).to.equal(2);
  });

  it('are those told before too, but for who is gone, when only what has changed is', () => {
    const first = { objects: [podOf('uid-1')] };
    const second = { objects: [podOf('uid-2')], gone: [] };
    expect(unboundAfter(first, second)).to.equal(0);
    expect(unboundAfter(first, { objects: [podOf('uid-2')], gone: ['uid-1'] })).to.equal(1);
    expect(unboundAfter(first, second, { objects: [], gone: ['uid-1'] })).to.equal(1);
    expect(unboundAfter(first, second, { objects: [] })).to.equal(2);
  });
});
