import type { Shape } from './script.ts';

/** 0 <= x < 1. */
export type Random = () => number;

/** A seeded generator (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What a value of this level is `seconds` after a fault of this shape began; NaN is missing. */
export function shaped(shape: Shape, level: number, seconds: number, random: Random): number {
  if ('step' in shape) return shape.step.to;
  if ('ramp' in shape) {
    const { to, seconds: whole } = shape.ramp;
    return level + (to - level) * Math.min(1, seconds / whole);
  }
  if ('noise' in shape) return level + shape.noise.deviation * normal(random);
  return 'gap' in shape ? Number.NaN : level;
}
