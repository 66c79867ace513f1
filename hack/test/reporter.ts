import { writeFileSync } from 'node:fs';
import mocha from 'mocha';

/** Mocha's `spec` output, and the counts as JSON in the file that `HOMEOSTAT_TEST_COUNTS` names. */
class CountingReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options?: mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env['HOMEOSTAT_TEST_COUNTS'];
      const { passes, failures, pending } = this.stats;
      if (file !== undefined)
        writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

// Mocha takes a reporter module's `module.exports`; for an ES module Node gives it this export.
export { CountingReporter as 'module.exports' };
