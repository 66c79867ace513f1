import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { encodeEntry } from './entry.ts';
import {
  blockHeadBytes,
  blockTypes,
  mark,
  version,
  type Entry,
  type RecordingEnd,
  type RecordingHeader,
} from './format.ts';

/** Entries are packed together until they are so long. */
const blockBytes = 256 * 1024;

/**
 * Writes a recording entry by entry. What is not finished stands beside under another name, so that nobody takes half a
 * recording for a whole one. Throws what the file system throws.
 */
export class RecordingWriter {
  readonly #path: string;
  readonly #file: number;
  #blocks = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #messages = 0;
  #objects = 0;
  #untilMs: number | undefined;

  constructor(path: string, header: RecordingHeader) {
    this.#path = path;
    this.#file = openSync(this.#unfinished, 'w');
    writeSync(this.#file, Buffer.from([...Buffer.from(mark), version.major, version.minor]));
    this.#block('header', Buffer.from(JSON.stringify(header)));
  }

  write(entry: Entry): void {
    if (entry.type === 'message') {
      this.#messages++;
      this.#untilMs = Math.max(this.#untilMs ?? -Infinity, entry.storedMs);
    } else this.#objects++;
    const bytes = encodeEntry(entry);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= blockBytes) this.#flush();
  }

  /** Ends the recording and gives it its name. */
  finish(): RecordingEnd {
    this.#flush();
    const untilMs = this.#untilMs;
    const end = { messages: this.#messages, objects: this.#objects, ...(untilMs !== undefined && { untilMs }) };
    this.#block('end', Buffer.from(JSON.stringify(end)));
    closeSync(this.#file);
    renameSync(this.#unfinished, this.#path);
    return end;
  }

  /** Removes what was written. */
  abandon(): void {
    closeSync(this.#file);
    rmSync(this.#unfinished, { force: true });
  }

  get #unfinished(): string {
    return `${this.#path}.part`;
  }

  #flush(): void {
    if (this.#waitingBytes === 0) return;
    this.#block('entries', Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #block(type: keyof typeof blockTypes, content: Buffer): void {
    const packed = deflateRawSync(content);
    const head = Buffer.alloc(blockHeadBytes);
    head.writeUInt32LE(blockTypes[type], 0);
    head.writeUInt32LE(this.#blocks++, 4);
    head.writeUInt32LE(packed.length, 8);
    head.writeUInt32LE(content.length, 12);
    head.writeUInt32LE(crc32(packed, crc32(head.subarray(0, 16))), 16);
    writeSync(this.#file, head);
    writeSync(this.#file, packed);
  }
}
