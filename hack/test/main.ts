/**
 * `make test`: runs every stage, also after one has failed, and ends with the plain line `N passed, N failed`.
 * Exit code 0 only when nothing failed. A stage that is not a test suite counts as one test.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks, lanes, type Lane, type Stage } from './stages.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'homeostat-test-'));

/** Runs a stage; its output goes to `output`, a file descriptor. */
const run = (stage: Stage, environment: NodeJS.ProcessEnv, output: number): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(stage.command, stage.arguments, { stdio: ['ignore', output, output], env: environment });
    child.once('error', (error) => {
      console.error(`${stage.name}: cannot start ${stage.command}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });

/** What a stage counts: a suite's own figures, or one for the whole; a suite that ends badly has at least one failure. */
const countsOf = (stage: Stage, file: string, code: number): Counts => {
  if (!stage.suite) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  try {
    const counts = JSON.parse(readFileSync(file, 'utf8')) as Counts;
    const ran = counts.passed + counts.failed > 0;
    return code === 0 && ran ? counts : { ...counts, failed: Math.max(1, counts.failed) };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
};

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const table: string[] = [];

/** Runs the stages of a lane one after the other, each to its end, also after one has failed. */
const runLane = async (lane: Lane, output: number, say: (line: string) => void): Promise<void> => {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const stage of lane) {
    const started = performance.now();
    say(`\n=== ${stage.name}: ${stage.promise}`);
    const file = join(scratch, `${stage.name}.json`);
    const code = await run(stage, { ...environment, HOMEOSTAT_TEST_COUNTS: file }, output);
    if (code === 0) Object.assign(environment, stage.provides?.());
    const counts = countsOf(stage, file, code);
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    table.push(
      `${stage.name.padEnd(14)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${seconds.padStart(7)} s`,
    );
    say(`=== ${stage.name}: ${counts.passed} passed, ${counts.failed} failed after ${seconds} s`);
  }
};

const standardOutput = 1;
await runLane(checks, standardOutput, console.log);
// The first lane is seen as it runs; what the others print follows when all are done.
const logs = lanes.slice(1).map((_lane, index) => join(scratch, `lane-${index}.log`));
await Promise.all(
  lanes.map(async (lane, index) => {
    const log = logs[index - 1];
    const output = log === undefined ? standardOutput : openSync(log, 'w');
    await runLane(lane, output, console.log);
    if (log !== undefined) closeSync(output);
  }),
);
for (const log of logs) process.stdout.write(readFileSync(log));
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${table.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
