/**
 * The buckets of a sketch: which one a number falls into, and what stands for all of one. A bucket is a part of an octave,
 * so that what stands for it is within the same share of each of its numbers (DDSketch: Masson, Rim and Lee, 2019, with the
 * linearly interpolated mapping). The exponent of a number and the first bits of its mantissa are its bucket; no logarithm
 * is taken.
 *
 * With resolution r an octave has 2^r equal parts; two neighbours of one resolution are one of the next coarser. Bucket 0
 * holds zero and what is nearer to it than `least`; those of negative numbers are negative.
 */

/** The finest resolution: 64 buckets an octave. */
export const finest = 6;
const leastExponent = -40;
const mostExponent = 87;
/** What is nearer to zero counts as zero. */
export const least = 2 ** leastExponent;
/** What is farther from zero, 3.1e26, counts as if it were this. */
const most = 2 ** (mostExponent + 1) * (1 - 2 ** -30);

const bias = 1023 + leastExponent;
const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Where the sign, the exponent and the first 20 bits of the mantissa stand. */
const highWord = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Shift of the high word of a positive double, and what to subtract then, for its bucket at a resolution. */
export const shiftOf = (resolution: number): number => 20 - resolution;
export const offsetOf = (resolution: number): number => (bias << resolution) - 1;

/** The bucket of a finite number. */
export function bucketOf(value: number, resolution: number): number {
  const size = value < 0 ? -value : value;
  if (size < least) return 0;
  float[0] = size < most ? size : most;
  const bucket = ((words[highWord] as number) >>> shiftOf(resolution)) - offsetOf(resolution);
  return value < 0 ? -bucket : bucket;
}

/** The bucket at the next coarser resolution. */
export const coarser = (bucket: number): number => (bucket > 0 ? (bucket + 1) >> 1 : -((1 - bucket) >> 1));

/** The number whose greatest distance from the numbers of a bucket is least, as a share of them. */
export function valueOf(bucket: number, resolution: number): number {
  if (bucket === 0) return 0;
  const place = Math.abs(bucket) - 1;
  const parts = 2 ** resolution;
  const part = place % parts;
  const octave = 2 ** (Math.floor(place / parts) + leastExponent);
  const from = octave * (1 + part / parts);
  const to = octave * (1 + (part + 1) / parts);
  const value = (2 * from * to) / (from + to);
  return bucket < 0 ? -value : value;
}

/** That distance at most, as a share: 1/129 at the finest resolution. */
export const relativeErrorOf = (resolution: number): number => 1 / (2 ** (resolution + 1) + 1);
