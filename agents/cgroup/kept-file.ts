import { closeSync, openSync, readSync } from 'node:fs';

/**
 * A small file of the kernel that is read again and again. Its descriptor stays open (opening costs ten times the
 * reading), and what is read lies in one buffer that all files share: look at it before the next read.
 */
export class KeptFile {
  readonly #path: string;
  #descriptor: number | undefined;
  #failures = 0;
  #skip = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The content, valid until the next read of any file, or undefined when there is none: the cgroup is gone, the kernel
   * has no such file, or it cannot be opened now.
   */
  read(): Text | undefined {
    if (this.#skip-- > 0) return undefined;
    this.#skip = 0;
    try {
      this.#descriptor ??= openSync(this.#path, 'r');
      shared.filled(readWhole(this.#descriptor, shared.bytes));
      this.#failures = 0;
      return shared;
    } catch {
      this.close();
      // What a kernel does not have it will not have soon: look again after 1, 3, 7 … 63 more reads.
      this.#failures = Math.min(this.#failures + 1, 6);
      this.#skip = 2 ** this.#failures - 1;
      return undefined;
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    closeSync(descriptor);
  }
}

/**
 * Reads a file from its beginning, as far as it fits, and answers how many bytes. The kernel gives a list with a line
 * for each of many things (`net/dev`, `diskstats`) a page at a time, in whole lines: only what is well short of a page is
 * certainly the end, and asking again costs a call.
 */
function readWhole(descriptor: number, into: Buffer): number {
  let length = 0;
  for (;;) {
    const more = readSync(descriptor, into, length, into.length - length, length);
    length += more;
    if (more < smallestPage / 2 || length === into.length) return length;
  }
}

const smallestPage = 4096;

/** What has been read: ASCII, with numbers taken straight from the bytes. */
export class Text {
  readonly bytes = Buffer.alloc(64 * 1024);
  length = 0;

  /** So many bytes are the content now; what was longer before is wiped out, so that nothing old is ever found. */
  filled(length: number): void {
    if (length < this.length) this.bytes.fill(0, length, this.length);
    this.length = length;
  }

  /** The decimal number that begins at `from`; NaN when there is none. `-1` and `max` are none. */
  numberAt(from: number): number {
    let value = 0;
    let at = from;
    for (; at < this.length; at++) {
      const digit = (this.bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    return at === from ? Number.NaN : value;
  }

  /** The number behind `key` and a separator, where `key` begins a line or follows a space; NaN when it is not there. */
  valueOf(key: string): number {
    for (let at = this.bytes.indexOf(key, 0, 'latin1'); at >= 0; at = this.bytes.indexOf(key, at + 1, 'latin1')) {
      const end = at + key.length;
      const before = at === 0 ? newline : this.bytes[at - 1];
      const after = this.bytes[end];
      if ((before === newline || before === space) && (after === space || after === equals))
        return this.numberAt(end + 1);
    }
    return Number.NaN;
  }

  /** The whole of it, for files that are read as words. */
  toString(): string {
    return this.bytes.toString('latin1', 0, this.length);
  }
}

const newline = 0x0a;
const space = 0x20;
const equals = 0x3d;
const shared = new Text();
