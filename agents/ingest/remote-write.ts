/** Series by the Prometheus remote-write protocol, already unpacked. */
import { doubleOf, fieldsOf, fixed64Of, int64Of, ProtobufError, textOf, varintsOf, type Field } from './protobuf.ts';

/** The two messages there are: of 1.0 (prompb) and of 2.0 (prompb/io/prometheus/write/v2). */
export const writeMessages = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const;
export type WriteMessage = (typeof writeMessages)[number];

export interface WrittenSeries {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** When a count was 0, in milliseconds since the epoch; 0 when not said. */
  readonly startMs: number;
  readonly samples: readonly { readonly value: number; readonly atMs: number; readonly isStale: boolean }[];
}

/** What there is in a request, wanted or not. */
export interface Written {
  samples: number;
  histograms: number;
  exemplars: number;
}

/** The NaN by which Prometheus says that a series has ended. */
const staleMarker = 0x7ff0_0000_0000_0002n;

/** Reads a request; tells of series whose name is wanted, in their order. Throws a ProtobufError. */
export function readWritten(
  message: WriteMessage,
  request: Buffer,
  wants: (name: string) => boolean,
  onSeries: (series: WrittenSeries) => void,
): Written {
  const isFirst = message === 'prometheus.WriteRequest';
  const all = fieldsOf(request);
  const symbols = isFirst ? [] : all.filter(({ number }) => number === 4).map(textOf);
  const written: Written = { samples: 0, histograms: 0, exemplars: 0 };
  for (const series of all) {
    if (series.number !== (isFirst ? 1 : 5)) continue;
    const fields = fieldsOf(series.bytes);
    const samples = fields.filter(({ number }) => number === 2);
    written.samples += samples.length;
    written.histograms += fields.filter(({ number }) => number === (isFirst ? 4 : 3)).length;
    written.exemplars += fields.filter(({ number }) => number === (isFirst ? 3 : 4)).length;
    const ofFirst = fields.filter(({ number }) => number === 1);
    const labels = isFirst ? new Map(ofFirst.map(labelOf)) : labelsBy(symbols, ofFirst.flatMap(varintsOf));
    const name = labels.get('__name__');
    if (name === undefined) throw new ProtobufError('a series has no name');
    if (!wants(name)) continue;
    labels.delete('__name__');
    const start = isFirst ? undefined : fields.findLast(({ number }) => number === 6);
    onSeries({ name, labels, startMs: start === undefined ? 0 : int64Of(start), samples: samples.map(sampleOf) });
  }
  return written;
}

function labelOf({ bytes }: Field): [string, string] {
  let [name, value] = ['', ''];
  for (const field of fieldsOf(bytes))
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) value = textOf(field);
  return [name, value];
}

/** Labels as pairs of places in a list of texts. */
function labelsBy(symbols: readonly string[], places: readonly number[]): Map<string, string> {
  const labels = new Map<string, string>();
  for (let at = 0; at < places.length; at += 2) {
    const [name, value] = [symbols[places[at] ?? -1], symbols[places[at + 1] ?? -1]];
    if (name === undefined || value === undefined) throw new ProtobufError('a label is in no symbol');
    labels.set(name, value);
  }
  return labels;
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
