/** Values of a frame's column, or numbers made from them; NaN is missing. */
export type Values = Float32Array | Float64Array;

/**
 * A bank of sliding event-time windows of one length and one aggregate: one window for each slot, all in shared typed
 * arrays. Work is done a column at a time: `slots[i]` says whose window `values[i]` belongs to, -1 is nobody's.
 *
 * A window of W seconds is divided into panes of W/60, but of a quarter of a second at least. It holds the pane of its
 * newest sample and those before it that make up W: it looks back between W less one pane and W. Within that it is
 * exact, and no error builds up over time.
 */
export interface Window {
  /** Samples that came more than `latenessMs` after a later one of their slot, and were left out. */
  readonly late: number;
  /** No sample in a window is older than this; 0 when the newest sample stays however old it is. */
  readonly spanMs: number;
  readonly paneMs: number;
  /** Makes room for slots 0 to `slots` - 1 and copies what is there: ask in ever larger steps. New ones are empty. */
  grow(slots: number): void;
  /** Empties a slot. */
  reset(slot: number): void;
  /**
   * Takes the first `length` values, all read at `tMs`. A sample that is a little late counts as read just now. With
   * `out` it answers as `read` does afterwards; then no slot may stand there twice.
   */
  take(slots: Int32Array, values: Values, length: number, tMs: number, out?: Float64Array): void;
  /** Writes to `out[i]` the aggregate of `slots[i]` at `tMs`; NaN with fewer samples than demanded, or for slot -1. */
  read(slots: Int32Array, length: number, tMs: number, out: Float64Array): void;
  /** Samples in the window of a slot, as of the last call that concerned it. */
  count(slot: number): number;
}

/** So much later than another sample of its slot a sample may arrive: clocks of nodes differ. */
export const latenessMs = 5_000;

export interface WindowOptions {
  readonly seconds: number;
  /** With fewer samples there is no value. */
  readonly minSamples: number;
}

/** What a value of a window means beside the values that went in. */
export interface Aggregate {
  readonly name: string;
  readonly description: string;
  /** Windows take each value as it is, or by how much its counter has risen since the series' last value. */
  readonly of: 'Values' | 'Increases';
  create(options: WindowOptions): Window;
}

const mostPanes = 60;
const shortestPaneMs = 250;

/** How a window of so many seconds is divided. */
export function panesOf(seconds: number): { readonly panes: number; readonly paneMs: number } {
  const spanMs = seconds * 1000;
  const panes = Math.max(1, Math.min(mostPanes, Math.floor(spanMs / shortestPaneMs)));
  return { panes, paneMs: spanMs / panes };
}
