import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decode } from './decode.ts';
import { encodeFrame, encodeKeyframe } from './encode.ts';
import { aNodeOf } from './fixtures.ts';
import { FrameError } from './types.ts';

/** Repeat a failure with FUZZ_SEED. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** mulberry32: small, seeded, good enough to break things with. */
const randomOf =
  (state: number) =>
  (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };

const folder = new URL('golden/', import.meta.url);
const { keyframe, frame } = aNodeOf(5, 4);
const seeds = [
  encodeKeyframe(keyframe),
  encodeFrame(frame),
  encodeFrame({ ...frame, rows: Uint32Array.of(5, 7), columns: [{ column: 1, values: Float64Array.of(1, 2) }] }),
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => new Uint8Array(readFileSync(new URL(name, folder)))),
];
const interesting = [0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

/** Reads it, and lets only FrameErrors pass. Answers whether it was a message. */
const isRead = (bytes: Uint8Array, run: string): boolean => {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof FrameError && error.offset >= 0 && error.offset <= bytes.length) return false;
    throw new Error(`${run}, seed ${seed}: ${Buffer.from(bytes).toString('base64')}`, { cause: error });
  }
};

describe(`fuzzed decoder (FUZZ_SEED=${seed})`, function () {
  // Together about a second on an idle machine; a decoder that does not end is found by this.

  it('survives 40,000 mutated messages', () => {
    const random = randomOf(seed);
    let read = 0;
    for (let run = 0; run < 40_000; run++) {
      let bytes = (seeds[random(seeds.length)] ?? new Uint8Array(0)).slice();
      for (let times = 1 + random(4); times > 0; times--) {
        const at = random(bytes.length);
        switch (random(5)) {
          case 0:
            bytes[at] = random(256);
            break;
          case 1:
            bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
            break;
          case 2:
            if (bytes.length >= 4)
              new DataView(bytes.buffer).setUint32(
                random(Math.floor(bytes.length / 4)) * 4,
                interesting[random(interesting.length)] ?? 0,
                true,
              );
            break;
          case 3:
            bytes = bytes.slice(0, at + 1);
            break;
          default:
            bytes.copyWithin(at, random(bytes.length), bytes.length);
        }
        // The length in the header stops most mutants at once; often put it right so that the rest is tried too.
        if (bytes.length >= 12 && random(4) > 0) new DataView(bytes.buffer).setUint32(8, bytes.length, true);
      }
      if (isRead(bytes, `mutant ${run}`)) read++;
    }
    expect(read, 'mutants that are messages still').to.be.greaterThan(1000).and.lessThan(39_000);
  });

  it('survives 20,000 strings of random bytes behind a right beginning', () => {
    const random = randomOf(seed);
    for (let run = 0; run < 20_000; run++) {
      const bytes = Uint8Array.from({ length: random(300) }, () => random(256));
      const head = seeds[random(seeds.length)] ?? new Uint8Array(0);
      bytes.set(head.subarray(0, Math.min(random(80), bytes.length)));
      if (bytes.length >= 12) new DataView(bytes.buffer).setUint32(8, bytes.length, true);
      isRead(bytes, `random ${run}`);
    }
  });

  it('needs no more than a few times the bytes of the worst message', () => {
    const rows = Array.from({ length: 100_000 }, () => ({ scope: 'Pod', uid: 'u' }) as const);
    const bytes = encodeKeyframe({ ...keyframe, rows });
    const before = process.memoryUsage().heapUsed;
    const message = decode(bytes);
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(20 * bytes.length);
    expect(message.kind === 'keyframe' && message.rows.length).to.equal(rows.length);
  });
});
