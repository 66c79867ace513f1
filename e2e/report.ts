import type { Result } from './runner/run.ts';

/** The median of some figures; `undefined` for none. */
export const median = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
};

/** One line a scenario: how often it passed, and the seconds from the fault to each point of the loop (medians). */
export const printTable = (results: readonly Result[]): void => {
  const names = [...new Set(results.map((result) => result.name))];
  const columns = ['incident', 'write', 'verified', 'undone'] as const;
  console.log(
    `\n${'scenario'.padEnd(18)} ${'passed'.padEnd(7)} ${columns.map((column) => column.padStart(9)).join(' ')} ${'lead'.padStart(7)}   (seconds from the fault)`,
  );
  for (const name of names) {
    const runs = results.filter((result) => result.name === name);
    const cell = (values: (number | undefined)[], width: number): string => {
      const middle = median(values.filter((value) => value !== undefined));
      return (middle === undefined ? '' : middle.toFixed(2)).padStart(width);
    };
    const since = columns.map((column) =>
      cell(
        runs.map((run) => span(run.times.fault, run.times[column])),
        9,
      ),
    );
    const passed = `${runs.filter((run) => run.passed).length}/${runs.length}`;
    console.log(
      `${name.padEnd(18)} ${passed.padEnd(7)} ${since.join(' ')} ${cell(
        runs.map((run) => run.leadSeconds),
        7,
      )}`,
    );
  }
};

const span = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : (to - from) / 1000;
