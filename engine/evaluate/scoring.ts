import type { CompiledDetector } from '../detectors/detector.ts';
import type { SignalSpec, WindowSpec } from './policy-spec.ts';
import type { TargetKind } from './target.ts';

/**
 * What an agent is to score: a metric of its rows as a signal of a policy judges it. Only signals whose targets are
 * rows themselves can be: a node does not know which of its rows make up a workload.
 */
export interface ScoringSpec {
  readonly kind: TargetKind;
  readonly metric: string;
  readonly window?: WindowSpec | undefined;
  readonly detect: object;
  /** Rows younger than that are not judged. */
  readonly warmupSeconds: number;
}

/** Rises when the same settings score otherwise than before: scores of another version are not used. */
const modelVersion = 2;

/** A scoring with its name. */
export interface Scoring {
  readonly id: string;
  readonly spec: ScoringSpec;
}

/** The scoring that a signal wants of agents, if its detector is one that they can be and its targets are rows. */
export function scoringOf(
  { tells }: CompiledDetector,
  { metric, window, detect }: SignalSpec,
  isOfRows: boolean,
  kind: TargetKind,
  warmupSeconds: number,
): Scoring | undefined {
  if (tells === undefined || !isOfRows) return undefined;
  const spec = { kind, metric, ...(window !== undefined && { window }), detect, warmupSeconds };
  return { id: scoringId(spec), spec };
}

/**
 * What names a scoring, in 16 hex digits: equal settings and an equal model give an equal id, and no others do.
 *
 * @example scoringId({ kind: 'Pod', metric: 'k8s.pod.memory.usage', detect: { anomaly: {…} }, warmupSeconds: 0 })
 */
export function scoringId({ kind, metric, window, detect, warmupSeconds }: ScoringSpec): string {
  const { seconds, aggregate, minSamples = 1 } = window ?? { seconds: 0, aggregate: 'Last' };
  const text = canonical([modelVersion, kind, metric, seconds, aggregate, minSamples, detect, warmupSeconds]);
  return [0x811c9dc5, 0x9e3779b9].map((seed) => hashed(text, seed).toString(16).padStart(8, '0')).join('');
}

/** The name of the column that tells one part of a scoring. */
export const scoreColumn = (id: string, part: string): string => `score/${id}/${part}`;

/** Whether a column tells what an agent found, and no measurement. */
export const isScoreColumn = (metric: string): boolean => metric.startsWith('score/');

/** Whether parsed JSON is an object with fields. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with the fields of each object in one order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${fields
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`;
}

/** FNV-1a, 32 bits, over what came before. */
function hashed(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
