import { diffLines, type DiffLine } from './diff-lines.ts';
import type { View } from './view.ts';

/** What came of one scenario. */
export interface ScenarioResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly expected?: readonly string[];
  readonly told?: readonly string[];
  /** Why it could not be played. */
  readonly problem?: string;
}

const tones = { '-': 'removed', '+': 'added', ' ': 'dim' } as const;

/** By file, each scenario with what differs, and how many passed. */
export function scenarioLines(results: readonly ScenarioResult[], view: View): string[] {
  const lines: string[] = [];
  for (const [file, all] of Map.groupBy(results, (result) => result.file))
    lines.push(view.paint('strong', file), ...all.flatMap((result) => resultLines(result, view)));
  const failed = results.filter(({ passed }) => !passed).length;
  if (results.some(({ problem, passed }) => !passed && problem === undefined))
    lines.push('', view.paint('dim', '- expected, and not told; + told, and not expected'));
  lines.push(`${results.length - failed} passed, ${failed} failed`);
  return lines;
}

function resultLines({ name, passed, expected = [], told = [], problem }: ScenarioResult, { paint }: View): string[] {
  if (passed) return [`  ${paint('good', '✓')} ${name}`];
  const differences = problem === undefined ? diffLines(expected, told) : [];
  const line = ({ sign, text }: DiffLine): string => `      ${paint(tones[sign], `${sign} ${text}`)}`;
  return [
    `  ${paint('bad', '✗')} ${name}`,
    ...differences.map(line),
    ...(problem === undefined ? [] : [`      ${problem}`]),
  ];
}
