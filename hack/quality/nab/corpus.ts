import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOf } from '../data.ts';

/** Rows from `left` to `right`, both included. */
export interface Window {
  readonly left: number;
  readonly right: number;
}

/** One file of the corpus. */
export interface NabFile {
  /** Such as `realTweets/Twitter_volume_AAPL.csv`. */
  readonly name: string;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly Window[];
}

/** How much a hit, a false alarm and a miss count. */
export interface Profile {
  readonly name: string;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

/** The profiles of the benchmark (its `config/profiles.json`). */
export const profiles: readonly Profile[] = [
  { name: 'standard', tp: 1, fp: 0.11, fn: 1 },
  { name: 'lowFP', tp: 1, fp: 0.22, fn: 1 },
  { name: 'lowFN', tp: 1, fp: 0.11, fn: 2 },
];

/** All files in the order of their names. Rows are as in the source: some times come twice, some go back. */
export function readCorpus(directory: string): readonly NabFile[] {
  const labels = JSON.parse(readFileSync(join(directory, 'labels/combined_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  return globSync('*/*.csv.gz', { cwd: join(directory, 'data') })
    .toSorted()
    .map((path) => {
      const name = path.replace(/\.gz$/, '');
      const rows = rowsOf(join(directory, 'data', path)).slice(1);
      const times = rows.map(([time]) => time);
      // A time that comes more than once means its first row.
      const rowAt = (time: string): number => times.indexOf(time.replace(/\.0+$/, ''));
      return {
        name,
        timesMs: Float64Array.from(rows, ([time]) => Date.parse(`${time?.replace(' ', 'T')}Z`)),
        values: Float64Array.from(rows, ([, value]) => Number(value)),
        windows: (labels[name] ?? []).map(([from, to]) => ({ left: rowAt(from), right: rowAt(to) })),
      };
    });
}

/** What a published detector gave each row, from the benchmark's own results. */
export const readResult = (directory: string, detector: string, name: string): Float64Array =>
  Float64Array.from(rowsOf(join(directory, 'results', detector, `${name}.gz`)).slice(1), ([score]) => Number(score));
