/** Random numbers of 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const gauss = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** The next value of a series in which nothing is wrong; a value a minute. */
type Kind = (next: () => number, before: number, step: number) => number;

const turn = (step: number): number => ((step % 1440) / 1440) * 2 * Math.PI;

/** Kinds of series in which nothing is wrong. */
export const healthy: Readonly<Record<string, Kind>> = {
  normal: (next) => gauss(next),
  even: (next) => next(),
  exponential: (next) => -Math.log(1 - next()),
  'heavy tails': (next) => gauss(next) / Math.sqrt((gauss(next) ** 2 + gauss(next) ** 2 + gauss(next) ** 2) / 3),
  lognormal: (next) => Math.exp(gauss(next)),
  'small counts': (next) => Math.floor(3 * next()),
  'what follows from itself': (next, before) => 0.7 * before + gauss(next),
  'what follows long from itself': (next, before) => 0.95 * before + gauss(next),
  'a daily wave': (next, _, step) => Math.sin(turn(step)) + 0.2 * gauss(next),
  'office hours': (next, _, step) => (step % 1440 < 480 ? 1 : 0) + 0.05 * gauss(next),
};

/** So many values of a kind. */
export function seriesOf(kind: Kind, steps: number, seed: number): Float64Array {
  const next = random(seed);
  let value = 0;
  return Float64Array.from({ length: steps }, (_, step) => (value = kind(next, value, step)));
}
