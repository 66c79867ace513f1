import { writeFileSync } from 'node:fs';

/** What a suite of `make test` says of itself. */
export interface Report {
  /** Full names. */
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  readonly skipped: number;
}

export interface Failure {
  /** The full name of a test, or of the suite of a hook that failed. */
  readonly name: string;
  readonly message: string;
}

/** Writes it to the file that `HOMEOSTAT_TEST_REPORT` names; does nothing when that is not set. */
export const writeReport = (report: Report): void => {
  const file = process.env['HOMEOSTAT_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
};

/**
 * What is known of a suite after what failed in it was run once more: what passed this time has passed, and a suite
 * that says nothing of itself the second time has failed as it did the first.
 */
export const afterAnotherRun = (first: Report, again: Report | undefined): Report =>
  again === undefined || again.passed.length + again.failed.length === 0
    ? first
    : { ...first, passed: [...new Set([...first.passed, ...again.passed])], failed: again.failed };
