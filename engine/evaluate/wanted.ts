import { isObject, type Scoring, type ScoringSpec } from './scoring.ts';

/** More scorings than this are not asked for: the operator scores the others itself. */
export const mostScorings = 16;

/** What agents are asked to score, as it is told to them: JSON, the same bytes for the same scorings. */
export function encodeWanted(scorings: Iterable<Scoring>): string {
  const byId = new Map(Array.from(scorings, ({ id, spec }) => [id, spec]));
  const specs = [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, spec]): ScoringSpec => spec);
  return JSON.stringify({ version: 1, scorings: specs.slice(0, mostScorings) });
}

/** What is wanted, each to be checked; undefined for what is not understood: other bytes, another version. */
export function decodeWanted(text: string): readonly unknown[] | undefined {
  try {
    const told: unknown = JSON.parse(text);
    if (!isObject(told) || told['version'] !== 1 || !Array.isArray(told['scorings'])) return undefined;
    return told['scorings'].slice(0, mostScorings);
  } catch {
    return undefined;
  }
}
