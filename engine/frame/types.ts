/**
 * The wire contract between those who measure and those who judge. A **source** (the agent of a node, or the operator's
 * own view of a node's objects) sends one `Frame` an interval; which row is which object, and which column which
 * metric, stands in a `Keyframe`, sent when that changes and once a minute. Both are columnar and versioned: a reader
 * of 1.n reads 1.m for any m.
 */

/** What a row describes. Rows of a keyframe are ordered by scope, in this order. */
export const scopes = ['Node', 'Workload', 'Pod', 'Container'] as const;
export type Scope = (typeof scopes)[number];

/** One row of a keyframe: an object that is measured, by the identity the measuring side can know. */
export interface Row {
  readonly scope: Scope;
  /** Pod UID for pods and containers, object UID for workloads, the node's name for nodes. */
  readonly uid: string;
  /** Containers only: the runtime's id (hex), or the container's name when a source knows no id. */
  readonly container?: string;
}

/** One column of a keyframe: a metric of the catalogue. */
export interface Column {
  readonly metric: string;
  readonly scope: Scope;
}

/** Who sent a frame. At most one process speaks for a source at a time. */
export interface SourceId {
  /** `agent`: measured on the node. `state`: what the API server says of that node's objects. */
  readonly producer: 'agent' | 'state';
  /** Name of the Kubernetes node; `""` for objects that are on no node. */
  readonly node: string;
  /** Changes whenever the sender starts anew; sequence numbers begin again with it. 16 bytes, hex. */
  readonly boot: string;
}

export interface Keyframe {
  readonly kind: 'keyframe';
  readonly source: SourceId;
  /** Frames that name this generation are read with this dictionary. Rises by one with each change. */
  readonly generation: number;
  readonly capturedMs: number;
  readonly intervalMs: number;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Frame {
  readonly kind: 'frame';
  readonly source: SourceId;
  /** 1, 2, 3 … per boot; keyframes are not counted. */
  readonly sequence: number;
  readonly generation: number;
  /** When the values were read, by the sender's clock, in milliseconds since the epoch. */
  readonly capturedMs: number;
  readonly intervalMs: number;
  /** Frames the sender had to drop since its boot because the broker was away. */
  readonly dropped: number;
  /** What the reader found of its time; not on the wire. */
  readonly timing?: Timing;
  /** Row numbers in ascending order when only some rows are told; absent: all rows of the keyframe. */
  readonly rows?: Uint32Array;
  readonly columns: readonly ColumnValues[];
}

/** How the time of a frame was read. */
export interface Timing {
  /** `Late` frames keep their time; the others said a time that cannot be, and count as read when they were stored. */
  readonly fault?: 'Future' | 'Backwards' | 'Late' | undefined;
  /** What was added to the sender's time, in milliseconds, since its clock is wrong. */
  readonly correctionMs: number;
}

export interface ColumnValues {
  /** Index into the keyframe's columns. */
  readonly column: number;
  /** One value for each told row of the column's scope, in row order; NaN is missing. */
  readonly values: Float32Array | Float64Array;
}

/** Any other content than a frame that can be read. `offset` is the byte where reading ended. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly reason: 'NotAFrame' | 'UnsupportedVersion' | 'Truncated' | 'Corrupt' | 'TooLarge';
  readonly offset: number;
  constructor(reason: FrameError['reason'], message: string, offset: number) {
    super(message);
    this.reason = reason;
    this.offset = offset;
  }
}
