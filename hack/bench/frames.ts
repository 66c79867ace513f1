import { decode } from '../../engine/frame/decode.ts';
import { encodeFrame } from '../../engine/frame/encode.ts';
import { aNodeOf } from '../../engine/frame/fixtures.ts';
import { frameBench, type FrameFigures } from '../../engine/frame/frame.bench.ts';
import { compare, rounded, type Comparison } from './compare.ts';

/** What the codec costs for the frame of one node, with JSON of the same data beside it. */
export interface FrameCosts extends FrameFigures {
  /** From values to bytes. */
  readonly encodeAgainstJson: Comparison;
  /** From bytes to the sum of all values, so that nobody gains by not looking at them. */
  readonly decodeAgainstJson: Comparison;
  readonly jsonBytes: number;
  /** How many times as many bytes the JSON has. */
  readonly jsonSizeRatio: number;
}

/**
 * Measures encoding and decoding. The JSON holds the same columns (and like the frame no names: those stand in the
 * keyframe), of numbers with few digits: the best case for JSON.
 */
export const frameCosts = (pods = 110, metrics = 12): FrameCosts => {
  const { frame } = aNodeOf(pods, metrics);
  const bytes = encodeFrame(frame);
  const { kind, source, sequence, generation, capturedMs, intervalMs, dropped } = frame;
  const columns = frame.columns.map(({ column, values }) => ({ column, values: [...values] }));
  const plain = { kind, source, sequence, generation, capturedMs, intervalMs, dropped, columns };
  const utf8 = new TextEncoder();
  const text = utf8.encode(JSON.stringify(plain));
  const reader = new TextDecoder();
  return {
    ...frameBench(pods, metrics),
    jsonBytes: text.length,
    jsonSizeRatio: rounded(text.length / bytes.length, 2),
    encodeAgainstJson: compare(
      () => encodeFrame(frame),
      () => utf8.encode(JSON.stringify(plain)),
    ),
    decodeAgainstJson: compare(
      () => sumOf(decode(bytes)),
      () => sumOf(JSON.parse(reader.decode(text))),
    ),
  };
};

const sumOf = (decoded: unknown): number => {
  let sum = 0;
  for (const { values } of (decoded as { columns: { values: ArrayLike<number> }[] }).columns)
    for (let n = 0; n < values.length; n++) sum += values[n] ?? 0;
  return sum;
};
