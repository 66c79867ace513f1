import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decode } from './decode.ts';
import { encodeFrame, encodeKeyframe } from './encode.ts';
import type { Frame, Keyframe } from './types.ts';

/** A message as JSON can say it: NaN is null, typed arrays are lists. */
type Told =
  | Keyframe
  | (Omit<Frame, 'rows' | 'columns'> & {
      rows?: number[];
      columns: { column: number; bits: 32 | 64; values: (number | null | string)[] }[];
    });

const folder = new URL('golden/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.bin'));

const read = (told: Told): Frame | Keyframe => {
  if (told.kind === 'keyframe') return told;
  const { rows, columns, ...rest } = told;
  const numbers = (values: (number | null | string)[]): number[] => values.map((value) => Number(value ?? Number.NaN));
  return {
    ...rest,
    ...(rows !== undefined && { rows: Uint32Array.from(rows) }),
    columns: columns.map(({ column, bits, values }) => ({
      column,
      values: bits === 32 ? Float32Array.from(numbers(values)) : Float64Array.from(numbers(values)),
    })),
  };
};

/** Messages of every released version, and of versions to come, as bytes that never change. */
describe('golden frames', () => {
  it('are there', () => expect(names).to.have.length.of.at.least(6));

  for (const name of names) {
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)));
    const { message } = JSON.parse(readFileSync(new URL(name.replace('.bin', '.json'), folder), 'utf8')) as {
      message: Told;
    };
    it(`reads ${name}`, () => expect(decode(bytes)).to.deep.equal(read(message)));
    if (name.startsWith('1.0'))
      it(`writes ${name}`, () => {
        const expected = read(message);
        expect(expected.kind === 'frame' ? encodeFrame(expected) : encodeKeyframe(expected)).to.deep.equal(bytes);
      });
  }
});
