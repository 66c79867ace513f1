/** Series by the Prometheus remote-write protocol 1.0 (prompb, WriteRequest), already unpacked. */
import { doubleOf, fieldsOf, fixed64Of, int64Of, ProtobufError, textOf, type Field } from './protobuf.ts';

export interface WrittenSeries {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly samples: readonly { readonly value: number; readonly atMs: number; readonly isStale: boolean }[];
}

/** The NaN by which Prometheus says that a series has ended. */
const staleMarker = 0x7ff0_0000_0000_0002n;

/** Reads a WriteRequest; tells of series whose name is wanted, in their order. Throws a ProtobufError. */
export function readWriteRequest(
  request: Buffer,
  wants: (name: string) => boolean,
  onSeries: (series: WrittenSeries) => void,
): void {
  for (const series of fieldsOf(request)) {
    if (series.number !== 1) continue;
    const fields = fieldsOf(series.bytes);
    const labels = new Map(fields.filter(({ number }) => number === 1).map(labelOf));
    const name = labels.get('__name__');
    if (name === undefined) throw new ProtobufError('a series has no name');
    if (!wants(name)) continue;
    labels.delete('__name__');
    onSeries({ name, labels, samples: fields.filter(({ number }) => number === 2).map(sampleOf) });
  }
}

function labelOf({ bytes }: Field): [string, string] {
  let [name, value] = ['', ''];
  for (const field of fieldsOf(bytes))
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) value = textOf(field);
  return [name, value];
}

function sampleOf({ bytes }: Field): WrittenSeries['samples'][number] {
  let [value, atMs, isStale] = [0, 0, false];
  for (const field of fieldsOf(bytes))
    if (field.number === 1) {
      value = doubleOf(field);
      isStale = fixed64Of(field) === staleMarker;
    } else if (field.number === 2) atMs = int64Of(field);
  return { value, atMs, isStale };
}
