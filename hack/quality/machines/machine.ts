import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '../data.ts';

/** A server with many metrics: a part to learn from, then a labelled part that follows it without a gap. */
export interface Machine {
  readonly name: string;
  readonly metrics: number;
  readonly intervalMs: number;
  /** Rows of `metrics` values each, those of the first part first. */
  readonly values: Float32Array;
  readonly trainRows: number;
  readonly rows: number;
  /** For each row of the second part: 1 is anomalous. */
  readonly labels: Uint8Array;
}

/** Rows from `first` to `last`, both included. */
export interface Segment {
  readonly first: number;
  readonly last: number;
}

/** The machines of a data set, in the order of its list. */
export function readMachines(directory: string, intervalMs: number): readonly Machine[] {
  const list = JSON.parse(readFileSync(join(directory, 'machines.json'), 'utf8')) as {
    name: string;
    metrics: number;
  }[];
  return list.map(({ name, metrics }) => {
    const train = floats(join(directory, name, 'train.f32.gz'));
    const test = floats(join(directory, name, 'test.f32.gz'));
    const values = new Float32Array(train.length + test.length);
    values.set(train);
    values.set(test, train.length);
    const labels = new Uint8Array(bytesOf(join(directory, name, 'test_label.u8.gz')));
    return {
      name,
      metrics,
      intervalMs,
      values,
      trainRows: train.length / metrics,
      rows: values.length / metrics,
      labels,
    };
  });
}

function floats(path: string): Float32Array {
  const bytes = bytesOf(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The stretches of rows that are labelled 1. */
export function segmentsOf(labels: Uint8Array): readonly Segment[] {
  const segments: Segment[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 1) continue;
    const first = i;
    while (labels[i + 1] === 1) i++;
    segments.push({ first, last: i });
  }
  return segments;
}
