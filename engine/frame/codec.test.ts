import { expect } from 'chai';
import * as fc from 'fast-check';
import { decode, readValues } from './decode.ts';
import { encodeFrame, encodeKeyframe } from './encode.ts';
import { aFrame, aKeyframe, aSource } from './fixtures.ts';
import { f32, f64, handMade, join, text, u32, type HandMade } from './hand-made.ts';
import { FrameError, scopes, type Frame, type Keyframe, type SourceId } from './types.ts';

const name = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.stringMatching(/^[0-9a-f]{7,8}$/),
);
const source: fc.Arbitrary<SourceId> = fc.record({
  producer: fc.constantFrom('agent', 'state'),
  node: name,
  boot: fc.stringMatching(/^[0-9a-f]{32}$/),
});
const u32s = fc.integer({ min: 0, max: 0xffff_ffff });
const time = { capturedMs: fc.double({ min: 0, max: 8.64e15, noNaN: true }), intervalMs: u32s, generation: u32s };

const keyframes: fc.Arbitrary<Keyframe> = fc.record({
  kind: fc.constant('keyframe'),
  source,
  ...time,
  columns: fc.array(fc.record({ metric: name, scope: fc.constantFrom(...scopes) }), { maxLength: 8 }),
  rows: fc
    .array(
      fc.record({ scope: fc.constantFrom(...scopes), uid: name, container: name }, { requiredKeys: ['scope', 'uid'] }),
    )
    .map((rows) => rows.toSorted((a, b) => scopes.indexOf(a.scope) - scopes.indexOf(b.scope))),
});

const ascending = (max: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.nat({ max }), { maxLength }).map((numbers) => numbers.toSorted((a, b) => a - b));
const values = (maxLength: number): fc.Arbitrary<Float32Array | Float64Array> =>
  fc.oneof(fc.float32Array({ maxLength }), fc.float64Array({ maxLength }));

const frames: fc.Arbitrary<Frame> = fc.option(ascending(500, 12), { nil: undefined }).chain((rows) =>
  fc.record({
    kind: fc.constant('frame' as const),
    source,
    ...time,
    sequence: fc.maxSafeNat(),
    dropped: fc.maxSafeNat(),
    ...(rows !== undefined && { rows: fc.constant(Uint32Array.from(rows)) }),
    columns: ascending(40, 6).chain((columns) =>
      fc.tuple(
        ...columns.map((column) => fc.record({ column: fc.constant(column), values: values(rows?.length ?? 20) })),
      ),
    ),
  }),
);

describe('frame codec', () => {
  it('reads the keyframes it writes', () => {
    fc.assert(
      fc.property(keyframes, (keyframe) => {
        expect(decode(encodeKeyframe(keyframe))).to.deep.equal(keyframe);
      }),
    );
  });

  it('reads the frames it writes, wherever they lie in memory', () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 15 }), (frame, offset) => {
        const bytes = encodeFrame(frame);
        const elsewhere = new Uint8Array(bytes.length + offset).subarray(offset);
        elsewhere.set(bytes);
        expect(decode(bytes)).to.deep.equal(frame);
        expect(decode(elsewhere)).to.deep.equal(frame);
      }),
    );
  });

  it('views the values of a frame that lies well', () => {
    const bytes = encodeFrame(aFrame());
    const frame = decode(bytes);
    if (frame.kind !== 'frame') throw new Error(frame.kind);
    for (const { values } of frame.columns) expect(values.buffer).to.equal(bytes.buffer);
  });

  it('reads values byte by byte where they cannot be viewed', () => {
    const bytes = join(f32(1.5, Number.NaN), f64(0.1));
    const view = new DataView(bytes.buffer);
    expect(readValues(view, 0, 2, false, false)).to.deep.equal(Float32Array.of(1.5, Number.NaN));
    expect(readValues(view, 8, 1, true, false)).to.deep.equal(Float64Array.of(0.1));
  });

  it('takes half a UUID’s characters for a UUID, and a string once', () => {
    const one = encodeKeyframe(aKeyframe()).length;
    const rows = aKeyframe().rows;
    expect(encodeKeyframe(aKeyframe({ rows: [...rows, ...rows.slice(-1)] })).length - one).to.equal(8);
  });
});

const refusedToWrite: Record<string, () => unknown> = {
  'a boot that is not hex': () => encodeFrame(aFrame({ source: aSource({ boot: 'x' }) })),
  'a sequence below 0': () => encodeFrame(aFrame({ sequence: -1 })),
  'a sequence beyond 2^53': () => encodeFrame(aFrame({ sequence: 2 ** 53 })),
  'half a second': () => encodeFrame(aFrame({ intervalMs: 0.5 })),
  'no time': () => encodeFrame(aFrame({ capturedMs: Number.NaN })),
  'a time before 1970': () => encodeFrame(aFrame({ capturedMs: -1 })),
  'a time that no date can be': () => encodeKeyframe(aKeyframe({ capturedMs: 1e16 })),
  'rows that descend': () => encodeFrame(aFrame({ rows: Uint32Array.of(2, 1) })),
  'a row twice': () => encodeFrame(aFrame({ rows: Uint32Array.of(1, 1) })),
  'a row too far': () => encodeFrame(aFrame({ rows: Uint32Array.of(1 << 20) })),
  'columns that descend': () => encodeFrame(aFrame({ columns: aFrame().columns.toReversed() })),
  'more values than rows': () => encodeFrame(aFrame({ rows: Uint32Array.of(3) })),
  'too many columns': () =>
    encodeKeyframe(aKeyframe({ columns: Array.from({ length: 1025 }, () => ({ metric: 'm', scope: 'Node' })) })),
  'too many rows': () =>
    encodeKeyframe(aKeyframe({ rows: Array.from({ length: 262_145 }, () => ({ scope: 'Node', uid: 'n' })) })),
  'rows out of order': () => encodeKeyframe(aKeyframe({ rows: aKeyframe().rows.toReversed() })),
  'a long name': () => encodeKeyframe(aKeyframe({ source: aSource({ node: 'n'.repeat(256) }) })),
  'half a surrogate pair': () => encodeKeyframe(aKeyframe({ rows: [{ scope: 'Pod', uid: '\ud800' }] })),
  'too large a message': () =>
    encodeFrame(
      aFrame({ columns: Array.from({ length: 5 }, (_, column) => ({ column, values: new Float64Array(250_000) })) }),
    ),
};

describe('encode', () => {
  for (const [what, attempt] of Object.entries(refusedToWrite))
    it(`refuses ${what}`, () => expect(attempt).to.throw(RangeError));
});

const rowsOf = (...rows: number[]): { type: number; payload: Uint8Array } => ({ type: 2, payload: u32(...rows) });
const column = (index: number, ...numbers: number[]): { type: number; encoding: number; payload: Uint8Array } => ({
  type: 3,
  encoding: 1,
  payload: join(u32(index, numbers.length), f32(...numbers)),
});
const strings = (...entries: string[]): { type: number; payload: Uint8Array } => ({
  type: 4,
  payload: join(u32(entries.length), ...entries.map(text)),
});

const notRead: readonly [string, FrameError['reason'], HandMade][] = [
  ['other first bytes', 'NotAFrame', { magic: 0 }],
  ['a major version to come', 'UnsupportedVersion', { major: 2 }],
  ['an unknown kind', 'UnsupportedVersion', { kind: 3 }],
  ['an unknown producer', 'UnsupportedVersion', { producer: 3 }],
  ['a length beyond the end', 'Truncated', { length: 1000 }],
  ['a length before the end', 'Corrupt', { length: 60 }],
  ['a header that is too short', 'Corrupt', { headerLength: 48 }],
  ['a header beyond the end', 'Corrupt', { headerLength: 128 }],
  ['a header of an odd length', 'Corrupt', { headerLength: 65, moreHeader: [1, 2, 3, 4, 5, 6, 7, 8] }],
  ['a time that is no number', 'Corrupt', { capturedMs: Number.NaN }],
  ['a time before 1970', 'Corrupt', { capturedMs: -1 }],
  ['a time that no date can be', 'Corrupt', { capturedMs: 1e16 }],
  ['a sequence beyond 2^53', 'Corrupt', { sequence: 2n ** 53n }],
  ['a section longer than the message', 'Truncated', { sections: [{ ...rowsOf(1), length: 100 }] }],
  ['a section of 4 GiB', 'Truncated', { sections: [{ ...rowsOf(1), length: 0xffff_ffff }] }],
  ['a section header that ends early', 'Truncated', { headerLength: 64, moreHeader: [0, 0, 0, 0] }],
  ['two lists of rows', 'Corrupt', { sections: [rowsOf(1), rowsOf(2)] }],
  ['rows that descend', 'Corrupt', { sections: [rowsOf(2, 1)] }],
  ['a row too far', 'TooLarge', { sections: [rowsOf(262_144)] }],
  ['half a row', 'Corrupt', { sections: [{ type: 2, payload: Uint8Array.of(1) }] }],
  ['columns that descend', 'Corrupt', { sections: [column(2, 1), column(1, 1)] }],
  ['a column too far', 'TooLarge', { sections: [column(1024, 1)] }],
  ['a column without its number', 'Corrupt', { sections: [{ type: 3, encoding: 1, payload: u32(1) }] }],
  ['fewer values than said', 'Corrupt', { sections: [{ type: 3, encoding: 1, payload: join(u32(1, 9), f32(1)) }] }],
  ['values of the wrong width', 'Corrupt', { sections: [{ type: 3, encoding: 2, payload: join(u32(1, 1), f32(1)) }] }],
  ['more values than rows', 'Corrupt', { sections: [rowsOf(1), column(0, 1, 2)] }],
  ['a node’s name that is not UTF-8', 'Corrupt', { sections: [{ type: 1, payload: Uint8Array.of(0xff) }] }],
  ['a node’s name that is too long', 'TooLarge', { sections: [{ type: 1, payload: new Uint8Array(256) }] }],
  ['a billion strings', 'Corrupt', { kind: 2, sections: [{ type: 4, payload: u32(1_000_000_000) }] }],
  ['strings without their count', 'Corrupt', { kind: 2, sections: [{ type: 4, payload: new Uint8Array(0) }] }],
  [
    'a string beyond its section',
    'Corrupt',
    { kind: 2, sections: [{ type: 4, payload: join(u32(1), Uint8Array.of(0, 9)) }] },
  ],
  ['a packing to come', 'Corrupt', { kind: 2, sections: [{ type: 4, payload: join(u32(1), Uint8Array.of(3, 0)) }] }],
  ['half a UUID', 'Corrupt', { kind: 2, sections: [{ type: 4, payload: join(u32(1), Uint8Array.of(1, 1, 0)) }] }],
  [
    'a column whose name is missing',
    'Corrupt',
    { kind: 2, sections: [strings('m'), { type: 5, payload: u32(1, 0, 1) }] },
  ],
  ['more columns than there are', 'Corrupt', { kind: 2, sections: [strings('m'), { type: 5, payload: u32(2, 0, 0) }] }],
  [
    'too many columns',
    'TooLarge',
    { kind: 2, sections: [strings('m'), { type: 5, payload: u32(1025, ...Array.from({ length: 2050 }, () => 0)) }] },
  ],
  [
    'a row whose name is missing',
    'Corrupt',
    { kind: 2, sections: [strings('n'), { type: 6, payload: u32(1, 1, 5, 0) }] },
  ],
  ['more rows than there are', 'Corrupt', { kind: 2, sections: [strings('n'), { type: 6, payload: u32(1, 2, 0, 0) }] }],
  [
    'four billion rows',
    'Corrupt',
    { kind: 2, sections: [strings('n'), { type: 6, payload: u32(2, 0xffff_ffff, 0xffff_ffff) }] },
  ],
];

describe('decode', () => {
  for (const [what, reason, message] of notRead)
    it(`refuses ${what}`, () => {
      const bytes = handMade(message);
      expect(() => decode(bytes))
        .to.throw(FrameError)
        .that.satisfies((error: FrameError) => error.offset >= 0 && error.offset <= bytes.length)
        .and.has.property('reason', reason);
    });

  it('refuses every beginning of a message, and a message with something after it', () => {
    const bytes = encodeKeyframe(aKeyframe());
    for (let length = 0; length < bytes.length; length++)
      expect(() => decode(bytes.subarray(0, length)), `${length} bytes`).to.throw(FrameError);
    expect(() => decode(join(bytes, Uint8Array.of(0)))).to.throw(FrameError);
  });

  it('refuses what is too large before it looks at it', () => {
    expect(() => decode(new Uint8Array(8 * 1024 * 1024 + 1)))
      .to.throw(FrameError)
      .with.property('reason', 'TooLarge');
  });

  it('takes what is absent for its default', () => {
    expect(decode(handMade({ kind: 2 }))).to.deep.include({ columns: [], rows: [] });
    expect(decode(handMade({})))
      .to.deep.include({ columns: [], dropped: 0 })
      .and.not.to.have.property('rows');
  });
});
