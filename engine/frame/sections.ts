import { limits, padded, section, sectionHeaderBytes } from './format.ts';
import { FrameError } from './types.ts';

/** Where a section’s payload lies in the message. */
export interface Payload {
  readonly encoding: number;
  readonly from: number;
  readonly to: number;
}

/** The known sections of a message, found in one pass; those of other types are gone past. */
export class Sections {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly values: Payload[] = [];
  /** By type. */
  readonly #single: (Payload | undefined)[] = [];

  constructor(bytes: Uint8Array, view: DataView, header: number) {
    this.bytes = bytes;
    this.view = view;
    for (let at = header; at < bytes.length;) {
      const from = at + sectionHeaderBytes;
      if (from > bytes.length) throw new FrameError('Truncated', 'a section ends in its header', at);
      const type = view.getUint16(at, true);
      const length = view.getUint32(at + 4, true);
      if (length > bytes.length - from)
        throw new FrameError('Truncated', `a section of ${length} bytes does not fit`, at);
      this.#add(type, { encoding: view.getUint16(at + 2, true), from, to: from + length }, at);
      at = from + padded(length);
    }
  }

  /** The payload of a type that stands at most once. */
  one(type: number): Payload | undefined {
    return this.#single[type];
  }

  #add(type: number, payload: Payload, at: number): void {
    if (type === section.values) {
      if (this.values.push(payload) > limits.columns)
        throw new FrameError('TooLarge', `more than ${limits.columns} columns`, at);
    } else if (type <= section.identities) {
      if (this.#single[type] !== undefined) throw new FrameError('Corrupt', `two sections of type ${type}`, at);
      this.#single[type] = payload;
    }
  }
}
