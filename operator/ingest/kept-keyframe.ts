import { decode } from '../../engine/frame/decode.ts';
import { encodeKeyframe } from '../../engine/frame/encode.ts';
import type { Column, Keyframe, Row, SourceId } from '../../engine/frame/types.ts';

/**
 * A keyframe that is kept for long: its rows are bytes, as on the wire, for those of a large cluster would be a million
 * objects and texts that hardly anybody asks for. `rows` is made anew when it is read; a copy by `...` lacks it.
 */
export class KeptKeyframe implements Keyframe {
  readonly kind = 'keyframe';
  readonly source: SourceId;
  readonly generation: number;
  readonly capturedMs: number;
  readonly intervalMs: number;
  readonly columns: readonly Column[];
  readonly #rows: Uint8Array | readonly Row[];

  constructor(keyframe: Keyframe) {
    this.source = keyframe.source;
    this.generation = keyframe.generation;
    this.capturedMs = keyframe.capturedMs;
    this.intervalMs = keyframe.intervalMs;
    this.columns = keyframe.columns;
    this.#rows = bytesOf(keyframe);
  }

  get rows(): readonly Row[] {
    if (!(this.#rows instanceof Uint8Array)) return this.#rows;
    if (last?.bytes !== this.#rows) last = { bytes: this.#rows, rows: (decode(this.#rows) as Keyframe).rows };
    return last.rows;
  }
}

/** The rows that were read last: when a source is bound, several parts ask for the same. */
let last: { readonly bytes: Uint8Array; readonly rows: readonly Row[] } | undefined;

/** The rows as they are when they cannot be encoded: a message of the greatest length may be longer as we would write it. */
function bytesOf(keyframe: Keyframe): Uint8Array | readonly Row[] {
  const { rows } = keyframe;
  try {
    return encodeKeyframe({ ...keyframe, rows, columns: [] });
  } catch {
    return rows;
  }
}
