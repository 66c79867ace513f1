import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeEntries, encodeEntry } from './entry.ts';
import { blockHeadBytes, prologueBytes, RecordingError, type Entry } from './format.ts';
import { Recording } from './reader.ts';
import { RecordingWriter } from './writer.ts';

const header = { writtenBy: 'test', stream: 'HOMEOSTAT_FRAMES', prefix: 'homeostat', sinceMs: 1000.25 };
const message = (n: number, length = 10): Entry => ({
  type: 'message',
  subject: `homeostat.frames.n${n}.agent`,
  storedMs: 1_767_225_600_000 + n / 3,
  data: Buffer.alloc(length, n),
});
const pod: Entry = { type: 'object', kind: 'Pod', atMs: 5, object: { metadata: { name: 'web-ü', uid: 'u' } } };
const gone: Entry = { ...pod, type: 'gone' };

describe('a recording', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'homeostat-recording-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const path = (): string => join(directory, 'window.hrec');
  const written = (entries: readonly Entry[]): Buffer => {
    const writer = new RecordingWriter(path(), header);
    for (const entry of entries) writer.write(entry);
    writer.finish();
    return readFileSync(path());
  };

  it('gives back what was written, to the bit, and says how much it is', () => {
    const entries = [pod, ...Array.from({ length: 50 }, (_, n) => message(n, n * 997)), gone, message(51, 1024 * 1024)];
    written(entries);
    const recording = new Recording(path());
    expect(recording.header).to.deep.equal(header);
    expect(recording.end).to.deep.equal({ messages: 51, objects: 2, untilMs: 1_767_225_600_017 });
    expect([...recording.entries()]).to.deep.equal(entries);
  });

  it('is small: frames of a quiet node hardly differ', () => {
    written(Array.from({ length: 1000 }, () => message(7, 5000)));
    expect(statSync(path()).size).to.be.lessThan(50_000);
  });

  it('may be empty', () => {
    written([]);
    expect(new Recording(path()).end).to.deep.equal({ messages: 0, objects: 0 });
  });

  it('has its name only once it is whole', () => {
    const writer = new RecordingWriter(path(), header);
    writer.write(pod);
    expect(() => new Recording(path())).to.throw(/no such file/);
    writer.abandon();
    expect(() => statSync(`${path()}.part`)).to.throw(/no such file/);
  });

  it('is read by this program when a later one has written entries of another type', () => {
    const unknown = encodeEntry(message(1));
    unknown[0] = 9;
    const block = Buffer.concat([encodeEntry(pod), unknown, encodeEntry(gone)]);
    expect([...decodeEntries(block)]).to.deep.equal([pod, gone]);
    const bytes = written([pod]);
    bytes[9] = 7;
    writeFileSync(path(), bytes);
    expect([...new Recording(path()).entries()]).to.deep.equal([pod]);
  });

  const refused: [what: string, change: (whole: Buffer) => Buffer, reason: string, says: RegExp][] = [
    ['another file', () => Buffer.from('kind: Pod\nmetadata: {}\n'), 'NotARecording', /not a recording .*at byte 0/],
    ['an empty file', () => Buffer.alloc(0), 'NotARecording', /at byte 0/],
    [
      'a later major version',
      (whole) => Buffer.concat([whole.subarray(0, 8), Buffer.from([2, 0]), whole.subarray(10)]),
      'UnsupportedVersion',
      /format 2\.0, and this program reads 1\.x/,
    ],
    ['one cut off within a block', (whole) => whole.subarray(0, -3), 'Truncated', /cut off: block 2 has \d+ bytes/],
    [
      'one cut off between two blocks',
      (whole) => whole.subarray(0, prologueBytes + blockHeadBytes + whole.readUInt32LE(prologueBytes + 8)),
      'Truncated',
      /cut off: block 1 should begin/,
    ],
    [
      'one to which something was added',
      (whole) => Buffer.concat([whole, Buffer.from('x')]),
      'Corrupt',
      /1 bytes follow/,
    ],
  ];
  for (const [what, change, reason, says] of refused)
    it(`refuses ${what}, and says where`, () => {
      writeFileSync(path(), change(written([pod, message(1)])));
      expect(() => [...new Recording(path()).entries()])
        .to.throw(RecordingError, says)
        .with.property('reason', reason);
    });

  it('notices any changed byte', () => {
    const whole = written([pod, ...Array.from({ length: 20 }, (_, n) => message(n, 100))]);
    fc.assert(
      fc.property(fc.integer({ min: 10, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ by;
        writeFileSync(path(), changed);
        expect(() => [...new Recording(path()).entries()]).to.throw(RecordingError, /at byte \d+/);
      }),
    );
  });
});
