import type { Row } from '../../engine/frame/types.ts';

/**
 * Something that is measured on a node. A source keeps what it needs between two reads (open files, last counters) and
 * never throws for what it cannot read: that is a missing value.
 */
export interface Source {
  readonly name: string;
  /** What it measures; a cell is named by the place in this list. */
  readonly metrics: readonly string[];
  /** Looks which objects there are. Called before each tick. */
  refresh?(): void;
  /**
   * The pods and containers that it measured when it last looked; the same array as long as they are the same. A source without them
   * measures the node only.
   */
  objects?(): readonly Row[];
  /** Reads everything that is measured at each tick. Cells that are not written are missing. */
  read(write: Write): void;
  /** Begins to look, more often than ticks come, for what has to be told at once. */
  start?(urge: Urge): void;
  /** Ends that, and lets go of files and sockets. */
  stop?(): void;
}

/** `object` is a place in `objects()`; whatever it is, a metric of the node has one cell. */
export type Write = (metric: number, object: number, value: number) => void;

/** Cells that are told at once, in a frame of their own. */
export type Urge = (cells: readonly { metric: number; object: number; value: number }[]) => void;
