import { mkdtempSync, rmSync, writeFileSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readStates, writeStates } from './state-file.ts';
import { decodeStates, encodeStates, StateError, type State } from './states.ts';

const states: State[] = [
  { id: 'a', key: 'pod/x', numbers: Float64Array.of(1, 2.5, -0, 1e-300) },
  { id: 'b', key: 'pöd/', numbers: new Float64Array(0) },
  { id: 'a', key: '', numbers: Float64Array.of(7) },
];

describe('states', () => {
  it('come back as they were', () => {
    expect(decodeStates(encodeStates(states))).to.deep.equal(states);
    expect(decodeStates(encodeStates([]))).to.deep.equal([]);
  });

  it('are refused when a bit is another, or bytes are missing or more', () => {
    const bytes = encodeStates(states);
    for (let at = 0; at < bytes.length; at++) {
      // Three bytes are of no meaning.
      if (at >= 5 && at < 8) continue;
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 4;
      expect(() => decodeStates(changed), `byte ${at}`).to.throw(StateError);
      expect(() => decodeStates(bytes.subarray(0, at))).to.throw(StateError);
    }
    expect(() => decodeStates(Uint8Array.of(...bytes, 0))).to.throw(StateError);
  });

  it('are states or a StateError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeStates(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(StateError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('state file', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'homeostat-state-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is made with its directory, is replaced as a whole, and absent holds nothing', () => {
    const path = join(directory, 'deep', 'states');
    expect(readStates(path)).to.deep.equal([]);
    writeStates(path, states);
    writeStates(path, states.slice(0, 1));
    expect(readStates(path)).to.deep.equal(states.slice(0, 1));
    expect(() => statSync(`${path}.new`)).to.throw();
  });

  it('that was cut off is refused', () => {
    const path = join(directory, 'states');
    writeStates(path, states);
    writeFileSync(path, readFileSync(path).subarray(0, 40));
    expect(() => readStates(path)).to.throw(StateError);
  });
});
