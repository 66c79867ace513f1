import { finest } from './buckets.ts';
import { SketchError, type ByteReader, type ByteWriter } from './bytes.ts';
import type { Sketch } from './sketch.ts';

/**
 * The bytes of a sketch, about 20 and two for each bucket: a byte of version (3 bits), whether min and max are Float32 (2)
 * and resolution (3); the number of buckets; the first one, then how much each is after the one before, less one; the count
 * of each; sum, min and max.
 */
const version = 1;
const shortMin = 8;
const shortMax = 16;
/** No sketch has more (`mostBuckets`, at every resolution). */
const mostCoded = 4096;

export function writeSketch(to: ByteWriter, { resolution, buckets, counts, sum, min, max }: Sketch): void {
  const [minIsShort, maxIsShort] = [isShort(min), isShort(max)];
  to.byte((version << 5) | (maxIsShort ? shortMax : 0) | (minIsShort ? shortMin : 0) | resolution);
  to.whole(buckets.length);
  for (let i = 0; i < buckets.length; i++)
    if (i === 0) to.signed(buckets[0] as number);
    else to.whole((buckets[i] as number) - (buckets[i - 1] as number) - 1);
  for (const count of counts) to.whole(count);
  if (buckets.length === 0) return;
  to.float64(sum);
  if (minIsShort) to.float32(min);
  else to.float64(min);
  if (maxIsShort) to.float32(max);
  else to.float64(max);
}

/** Throws `SketchError` on anything else, and on another version. */
export function readSketch(from: ByteReader): Sketch {
  const head = from.byte();
  const resolution = head & 7;
  if (head >> 5 !== version) throw new SketchError(`a sketch of version ${head >> 5}; we know ${version}`);
  if (resolution > finest) throw new SketchError(`a sketch of resolution ${resolution}`);
  const length = from.whole(mostCoded);
  const buckets = new Int32Array(length);
  const counts = new Float64Array(length);
  let last = 0;
  for (let i = 0; i < length; i++) {
    last = i === 0 ? from.signed() : last + from.whole() + 1;
    buckets[i] = last;
    if (buckets[i] !== last) throw new SketchError(`bucket ${last}`);
  }
  let count = 0;
  for (let i = 0; i < length; i++) count += counts[i] = from.whole();
  if (length === 0) return { resolution, buckets, counts, count, sum: 0, min: Infinity, max: -Infinity };
  const sum = from.float64();
  const min = (head & shortMin) === 0 ? from.float64() : from.float32();
  const max = (head & shortMax) === 0 ? from.float64() : from.float32();
  return { resolution, buckets, counts, count, sum, min, max };
}

const isShort = (value: number): boolean => Math.fround(value) === value;
