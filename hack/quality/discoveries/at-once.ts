import { gauss, random } from '../../../engine/detectors/anomaly/testing/healthy.ts';
import { normalBelow } from '../../../engine/normal.ts';
import { Discoveries } from '../../../engine/policy/discoveries.ts';
import { Rates, type RateFigures } from './rates.ts';

const targets = 5000;
const rounds = 400;
const share = 0.05;
/** What a target's chance is counted among: no chance is less than one in so many and one. */
const earlier = 40_000;
/** By how many deviations what is bad stands out. */
const effect = 4.5;

type Draw = (z: Float64Array, next: () => number) => void;

/** How healthy targets hang together, a deviation of 1 each. */
const kinds: Readonly<Record<string, Draw>> = {
  'not at all': (z, next) => {
    for (let i = 0; i < z.length; i++) z[i] = gauss(next);
  },
  'one load for all (half of the variance)': shared(targets, 0.5),
  'nodes of 50 (four fifths)': shared(50, 0.8),
  'load that moves from one to another': (z, next) => {
    for (let i = 0; i < z.length; i += 2) {
      const one = gauss(next);
      z[i] = one;
      z[i + 1] = -one;
    }
  },
};

function shared(members: number, part: number): Draw {
  return (z, next) => {
    let common = 0;
    for (let i = 0; i < z.length; i++) {
      if (i % members === 0) common = Math.sqrt(part) * gauss(next);
      z[i] = common + Math.sqrt(1 - part) * gauss(next);
    }
  };
}

const methods = {
  falseDiscoveryRate: (chances: readonly number[]): Iterable<number> => {
    const discoveries = new Discoveries({ share, withinMs: 1000, looks: 1 });
    for (const [target, chance] of chances.entries()) if (chance < 0.01) discoveries.offer(target, chance);
    return discoveries.settle(0, chances.length);
  },
  bonferroni: (chances: readonly number[]): Iterable<number> => below(chances, share / chances.length),
  byItself: (chances: readonly number[]): Iterable<number> => below(chances, 0.01),
};
export type Method = keyof typeof methods;
export type AtOnceFigures = Readonly<Record<string, Readonly<Record<Method, RateFigures>>>>;

/** How many there are of what is rare; a normal number of what is not, where it does not matter. */
function poisson(mean: number, next: () => number): number {
  if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss(next)));
  let count = -1;
  for (let left = mean; left > 0; count++) left += Math.log(1 - next());
  return Math.max(0, count);
}

const below = (chances: readonly number[], level: number): number[] =>
  chances.flatMap((chance, target) => (chance <= level ? [target] : []));

/** Looks at 5,000 targets, with chances as good as the detector's, and the same random numbers each time. */
export function atOnceFigures(): AtOnceFigures {
  const figures: Record<string, Record<Method, RateFigures>> = {};
  for (const [kind, draw] of Object.entries(kinds))
    for (const bad of [0, 50, 500]) {
      const next = random(2027);
      const rates = { falseDiscoveryRate: new Rates(), bonferroni: new Rates(), byItself: new Rates() };
      const z = new Float64Array(targets);
      for (let round = 0; round < rounds; round++) {
        draw(z, next);
        // Every tenth, or hundredth, is bad.
        const isBad = (target: number): boolean => bad > 0 && target % (targets / bad) === 0;
        const chances = Array.from(z, (x, target) => {
          const above = normalBelow(-(isBad(target) ? x + effect : x));
          return (1 + poisson(above * earlier, next)) / (1 + earlier);
        });
        for (const [name, method] of Object.entries(methods)) rates[name as Method].take(method(chances), isBad, bad);
      }
      figures[`${kind}, ${(100 * bad) / targets} % bad`] = {
        falseDiscoveryRate: rates.falseDiscoveryRate.figures,
        bonferroni: rates.bonferroni.figures,
        byItself: rates.byItself.figures,
      };
    }
  return figures;
}
