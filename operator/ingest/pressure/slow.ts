import type { Judging } from '../guarded-evaluator.ts';

/** For tests of what happens then: the same evaluator, which holds its thread up for so many milliseconds at each frame. */
export const slowed = (evaluator: Judging, ms: () => number): Judging => ({
  bind: (...told) => evaluator.bind(...told),
  unbind: (source) => evaluator.unbind(source),
  advance: (nowMs) => evaluator.advance(nowMs),
  frame(source, frame) {
    evaluator.frame(source, frame);
    // As work does, without taking the time from anybody else.
    const held = ms();
    if (held > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, held);
  },
});
