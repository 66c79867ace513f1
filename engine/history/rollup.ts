/**
 * A message of the stream of rollups: the sketches of some series in one minute. It stands alone: `R`, a version, the
 * minute, the number of the message among those of its minute and partition; the metrics that it names; then entities, their
 * containers, and of each the metrics with their sketches, until it ends.
 */
import { ByteReader, ByteWriter, SketchError } from '../sketch/bytes.ts';
import { readSketch, writeSketch } from '../sketch/codec.ts';
import type { MinuteOfSeries } from './recorder.ts';

export interface Rollup {
  /** Minutes since the epoch. */
  readonly minute: number;
  /** 0, 1 … when what is of one minute and partition is too much for one message. */
  readonly part: number;
  readonly series: readonly MinuteOfSeries[];
}

const magic = 0x52;
const version = 1;
const most = { metrics: 1024, containers: 4096 } as const;

/** The bytes of a rollup. Series of one entity should stand together. */
export function encodeRollup({ minute, part, series }: Rollup): Uint8Array {
  const to = new ByteWriter();
  to.byte(magic);
  to.byte(version);
  to.whole(minute);
  to.whole(part);
  const metrics = [...new Set(series.map(({ metric }) => metric))];
  to.whole(metrics.length);
  for (const metric of metrics) to.text(metric);
  for (const [entity, ofEntity] of groupedBy(series, (one) => one.entity)) {
    to.text(entity);
    const containers = groupedBy(ofEntity, (one) => one.container);
    to.whole(containers.size);
    for (const [container, ofContainer] of containers) {
      to.text(container);
      to.whole(ofContainer.length);
      for (const { metric, sketch } of ofContainer) {
        to.whole(metrics.indexOf(metric));
        writeSketch(to, sketch);
      }
    }
  }
  return to.bytes;
}

/** Throws `SketchError` on anything else, and on another version. */
export function decodeRollup(bytes: Uint8Array): Rollup {
  const from = new ByteReader(bytes);
  if (from.byte() !== magic) throw new SketchError('no rollup');
  const told = from.byte();
  if (told !== version) throw new SketchError(`a rollup of version ${told}; we know ${version}`);
  const minute = from.whole();
  const part = from.whole();
  const metrics = Array.from({ length: from.whole(most.metrics) }, () => from.text());
  const series: MinuteOfSeries[] = [];
  while (from.left > 0) {
    const entity = from.text();
    for (let containers = from.whole(most.containers); containers > 0; containers--) {
      const container = from.text();
      for (let left = from.whole(most.metrics); left > 0; left--) {
        const metric = metrics[from.whole()];
        if (metric === undefined) throw new SketchError('a metric that was not named');
        series.push({ entity, container, metric, sketch: readSketch(from) });
      }
    }
  }
  return { minute, part, series };
}

function groupedBy(
  series: readonly MinuteOfSeries[],
  keyOf: (one: MinuteOfSeries) => string,
): Map<string, MinuteOfSeries[]> {
  const groups = new Map<string, MinuteOfSeries[]>();
  for (const one of series) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
