/**
 * `make test`: runs every stage, also after one has failed, and ends with the plain line `N passed, N failed`.
 * Exit code 0 only when nothing failed. A stage that is not a test suite counts as one test.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { secondsOfChildren, secondsOfMachine } from './cpu.ts';
import { afterAnotherRun, type Failure, type Report } from './report.ts';
import { checks, lanes, type Lane, type Stage } from './stages.ts';

const scratch = mkdtempSync(join(tmpdir(), 'homeostat-test-'));

interface Run {
  readonly code: number;
  readonly cpuSeconds: number;
}

let countedSeconds = 0;

/** Runs a stage; its output goes to `output`, a file descriptor. */
const run = (stage: Stage, more: readonly string[], environment: NodeJS.ProcessEnv, output: number): Promise<Run> =>
  new Promise((done) => {
    const end = (code: number): void => {
      const before = countedSeconds;
      countedSeconds = secondsOfChildren();
      done({ code, cpuSeconds: countedSeconds - before });
    };
    const child = spawn(stage.command, [...stage.arguments, ...more], {
      stdio: ['ignore', output, output],
      env: environment,
    });
    child.once('error', (error) => {
      console.error(`${stage.name}: cannot start ${stage.command}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code, signal) => end(signal === null ? (code ?? 1) : 128));
  });

/** What a stage did: a suite's own report, or one test for the whole; a suite that ends badly has failed somewhere. */
const reportOf = (stage: Stage, file: string, code: number): Report => {
  const { name } = stage;
  const ended: Failure = { name, message: `it ended with exit code ${code}` };
  if (!stage.suite) return { passed: code === 0 ? [name] : [], failed: code === 0 ? [] : [ended], skipped: 0 };
  if (!existsSync(file)) return { passed: [], failed: [ended], skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  if (report.failed.length > 0) return report;
  if (code !== 0) return { ...report, failed: [ended] };
  return report.passed.length > 0 ? report : { ...report, failed: [{ name, message: 'no test ran' }] };
};

const total = { passed: 0, failed: 0, skipped: 0 };
const table: string[] = [];
const failures: string[] = [];
const unsteady: string[] = [];

/** The first lines of a message, indented: the whole of it stands in the output of its stage. */
const brief = ({ name, message }: Failure): string =>
  [name, ...message.split('\n').slice(0, 5)].map((line) => line.slice(0, 300)).join('\n    ');

/**
 * Runs the stages of a lane one after the other, each to its end, also after one has failed; what they provide is added
 * to `environment`.
 */
const runLane = async (
  lane: Lane,
  environment: NodeJS.ProcessEnv,
  output: number,
  say: (line: string) => void,
): Promise<void> => {
  for (const stage of lane) {
    const started = performance.now();
    let cpuSeconds = 0;
    say(`\n=== ${stage.name}: ${stage.promise}`);
    const attempt = async (name: string, more: readonly string[] = []): Promise<Report> => {
      const file = join(scratch, `${name}.json`);
      const { code, ...used } = await run(stage, more, { ...environment, HOMEOSTAT_TEST_REPORT: file }, output);
      cpuSeconds += used.cpuSeconds;
      if (code === 0) Object.assign(environment, await stage.provides?.());
      return reportOf(stage, file, code);
    };
    let report = await attempt(stage.name);
    if (report.failed.length > 0 && stage.only !== undefined) {
      const first = report.failed;
      say(`=== ${stage.name}: once more what failed in it:\n  ${first.map(brief).join('\n  ')}`);
      report = afterAnotherRun(report, await attempt(`${stage.name} again`, stage.only(first.map(({ name }) => name))));
      if (report.failed.length === 0) unsteady.push(...first.map((failure) => `${stage.name}: ${brief(failure)}`));
    }
    const counts = { passed: report.passed.length, failed: report.failed.length, skipped: report.skipped };
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
    failures.push(...report.failed.map((failure) => `${stage.name}: ${brief(failure)}`));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    table.push(
      `${stage.name.padEnd(14)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${seconds.padStart(7)} s ${cpuSeconds.toFixed(1).padStart(7)} s of CPU`,
    );
    say(`=== ${stage.name}: ${counts.passed} passed, ${counts.failed} failed after ${seconds} s`);
  }
};

const standardOutput = 1;
const [begunMs, busySeconds] = [performance.now(), secondsOfMachine()];
/** Dozens of processes begin with the same sources: what one has made of them, the next ones take. */
const common: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/node'), ...process.env };
await runLane(checks, common, standardOutput, console.log);
// The first lane is seen as it runs; what the others print follows when all are done.
const logs = lanes.slice(1).map((_lane, index) => join(scratch, `lane-${index}.log`));
await Promise.all(
  lanes.map(async (lane, index) => {
    const log = logs[index - 1];
    const output = log === undefined ? standardOutput : openSync(log, 'w');
    await runLane(lane, { ...common }, output, console.log);
    if (log !== undefined) closeSync(output);
  }),
);
for (const log of logs) process.stdout.write(readFileSync(log));
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${table.join('\n')}\n`);
const [seconds, worked] = [(performance.now() - begunMs) / 1000, secondsOfMachine() - busySeconds];
console.log(
  `${worked.toFixed(0)} s of CPU in ${seconds.toFixed(0)} s on ${availableParallelism()}: ${countedSeconds.toFixed(0)} s for the stages, the rest for the clusters and whatever else runs here\n`,
);
if (unsteady.length > 0)
  console.log(`Failed first and passed when run again, which is a fault of its own:\n  ${unsteady.join('\n  ')}\n`);
if (failures.length > 0) console.log(`Failed:\n  ${failures.join('\n  ')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
