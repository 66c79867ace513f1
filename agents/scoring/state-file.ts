import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeStates, encodeStates, type State } from './states.ts';

/** Nothing larger is read. */
const mostBytes = 256 * 1024 * 1024;

/** The states in a file; none when there is no file. Throws when it cannot be read or holds something else. */
export function readStates(path: string): State[] {
  try {
    const { size } = statSync(path);
    if (size > mostBytes) throw new Error(`it has ${size} bytes, more than any agent writes`);
    return decodeStates(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Puts states into a file, whole or not at all. Throws when it cannot be written. */
export function writeStates(path: string, states: readonly State[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, encodeStates(states));
  renameSync(`${path}.new`, path);
}
