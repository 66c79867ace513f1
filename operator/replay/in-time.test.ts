import { expect } from 'chai';
import { lineageSubject } from '../../engine/frame/subject.ts';
import { encodeLineage } from '../ingest/lineage/message.ts';
import { inTime } from './in-time.ts';
import type { Entry } from './recording/format.ts';

const message = (storedMs: number): Entry & { readonly type: 'message' } => ({
  type: 'message',
  subject: 'homeostat.frames.n.agent',
  storedMs,
  data: Buffer.of(),
});
const lineage = (storedMs: number, atMs?: number): Entry => ({
  ...message(storedMs),
  subject: lineageSubject('node-1'),
  data: encodeLineage({ atMs, objects: [] }),
});
const told = (...entries: Entry[]): string[] =>
  [...inTime(entries)].map((entry) =>
    entry.type === 'message' ? `${entry.storedMs}` : entry.type === 'lineage' ? `of ${entry.node}` : entry.kind,
  );

describe('what is told of the past', () => {
  it('counts from before the first message of its time', () => {
    expect(told(message(100), message(200), message(300), lineage(350, 200), message(400))).to.deep.equal([
      '100',
      'of node-1',
      '200',
      '300',
      '350',
      '400',
    ]);
  });

  it('counts from when it is told, when nothing changed or it comes too late', () => {
    expect(told(message(100), lineage(150), message(200))).to.deep.equal(['100', 'of node-1', '150', '200']);
    expect(told(message(100), message(5000), lineage(5100, 90))).to.deep.equal(['100', 'of node-1', '5000', '5100']);
  });

  it('stays behind what the recorder saw', () => {
    const pod: Entry = { type: 'object', kind: 'Pod', atMs: 0, object: {} };
    expect(told(message(100), pod, lineage(120, 90))).to.deep.equal(['100', 'Pod', 'of node-1', '120']);
  });

  it('may be unreadable', () => {
    expect(told({ ...message(1), subject: lineageSubject('node-1'), data: Buffer.from('HMSL?') })).to.deep.equal(['1']);
  });
});
