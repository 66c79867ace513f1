import { everyRow, product, seen, spoken, type Seen } from '../anomaly.ts';
import { profiles, readCorpus, readResult, type NabFile } from './corpus.ts';
import { heldOut, inCorpus, splitsOf } from './held-out.ts';
import { nested, seenBy } from './nested.ts';
import { bestOf, curveOf, worthOf } from './score.ts';

/** Scores of the three profiles. */
export type Scores = readonly number[];

export interface NabFigures {
  readonly files: number;
  readonly profiles: readonly string[];
  /** The published scores of two detectors, made from their stored results by our scorer. */
  readonly reproduced: Readonly<Record<string, Scores>>;
  readonly inCorpus: Scores;
  readonly thresholds: Scores;
  readonly heldOutThreshold: Scores;
  readonly everythingHeldOut: Scores;
  /** AWS CloudWatch and known causes alone, in the corpus and at a held-out threshold. */
  readonly infrastructure: { readonly inCorpus: Scores; readonly heldOutThreshold: Scores };
  readonly nanosecondsPerRow: number;
}

/** Units differ from file to file and nothing is known of them: every deviation matters. */
const least = 1e-9;

/** The Numenta Anomaly Benchmark: one configuration for all files, no look-ahead. */
export function nabFigures(directory: string): NabFigures {
  const files = readCorpus(directory);
  const worths = files.map(worthOf);
  const looking =
    (forgetAfter: number) =>
    ({ values, timesMs }: NabFile): Seen =>
      seen(values, timesMs, least, forgetAfter);
  const began = process.cpuUsage();
  const looked = files.map(looking(product.forgetAfter));
  const { user } = process.cpuUsage(began);
  const scores = looked.map((of) => everyRow(of, spoken(of, product)));
  const infrastructure = files.flatMap(({ name }, i) => (/^real(AWS|Known)/.test(name) ? [i] : []));
  const part = <T>(all: readonly T[]): readonly T[] => infrastructure.map((i) => all[i] as T);
  const fiveByTwo = splitsOf(files.length, 5, 1);
  return {
    files: files.length,
    profiles: profiles.map(({ name }) => name),
    reproduced: Object.fromEntries(
      ['windowedGaussian', 'knncad'].map((name) => [
        name,
        inCorpus(
          worths,
          files.map((file) => readResult(directory, name, file.name)),
        ),
      ]),
    ),
    inCorpus: inCorpus(worths, scores),
    thresholds: profiles.map((profile) => bestOf(curveOf(worths, scores, profile)).threshold),
    heldOutThreshold: heldOut(worths, scores, fiveByTwo),
    everythingHeldOut: nested(
      worths,
      seenBy((forgetAfter) => files.map(looking(forgetAfter))),
      splitsOf(files.length, 25, 1),
    ),
    infrastructure: {
      inCorpus: inCorpus(part(worths), part(scores)),
      heldOutThreshold: heldOut(part(worths), part(scores), splitsOf(infrastructure.length, 5, 1)),
    },
    nanosecondsPerRow: (1000 * user) / files.reduce((sum, { values }) => sum + values.length, 0),
  };
}
