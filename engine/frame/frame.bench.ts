import { decode } from './decode.ts';
import { encodeFrame, encodeKeyframe } from './encode.ts';
import { aNodeOf } from './fixtures.ts';

/** What the codec costs for a node of 110 pods with 12 metrics each. */
export interface FrameFigures {
  readonly pods: number;
  readonly metrics: number;
  readonly frameBytes: number;
  readonly keyframeBytes: number;
  readonly encodeNanoseconds: number;
  /** As it comes from a socket: at any place in a buffer. */
  readonly decodeNanoseconds: number;
  /** Where it lies so that the values can be viewed. */
  readonly decodeAlignedNanoseconds: number;
  readonly encodeKeyframeNanoseconds: number;
  readonly decodeKeyframeNanoseconds: number;
}

/** Measures the codec, in about a second. */
export function frameBench(pods = 110, metrics = 12): FrameFigures {
  const { keyframe, frame } = aNodeOf(pods, metrics);
  const frameBytes = encodeFrame(frame);
  const keyframeBytes = encodeKeyframe(keyframe);
  const oddly = new Uint8Array(frameBytes.length + 3).subarray(3);
  oddly.set(frameBytes);
  return {
    pods,
    metrics,
    frameBytes: frameBytes.length,
    keyframeBytes: keyframeBytes.length,
    encodeNanoseconds: nanosecondsOf(() => encodeFrame(frame)),
    decodeNanoseconds: nanosecondsOf(() => decode(oddly)),
    decodeAlignedNanoseconds: nanosecondsOf(() => decode(frameBytes)),
    encodeKeyframeNanoseconds: nanosecondsOf(() => encodeKeyframe(keyframe)),
    decodeKeyframeNanoseconds: nanosecondsOf(() => decode(keyframeBytes)),
  };
}

/** The median of rounds, after one to warm up. */
function nanosecondsOf(work: () => unknown): number {
  const roundMs = 20;
  const rounds: number[] = [];
  for (let round = 0; round < 8; round++) {
    const started = performance.now();
    let times = 0;
    do {
      work();
      times++;
    } while (performance.now() - started < roundMs);
    if (round > 0) rounds.push(((performance.now() - started) * 1e6) / times);
  }
  return Math.round(rounds.sort((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN);
}

if (import.meta.main) console.log(JSON.stringify(frameBench(), undefined, 2));
