import mocha from 'mocha';
import { writeReport, type Failure } from './report.ts';

/** Mocha's `spec` output, and a report of it for `make test`. */
class ReportingReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options?: mocha.MochaOptions) {
    super(runner, options);
    const passed: string[] = [];
    const failed: Failure[] = [];
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('fail', (test: mocha.Runnable, error: Error) => {
      const name = (test instanceof mocha.Hook ? test.parent?.fullTitle() : undefined) ?? test.fullTitle();
      failed.push({ name, message: error.message });
    });
    runner.once('end', () => writeReport({ passed, failed, skipped: this.stats.pending }));
  }
}

// Mocha takes a reporter module's `module.exports`; for an ES module Node gives it this export.
export { ReportingReporter as 'module.exports' };
