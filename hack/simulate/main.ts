/**
 * `make simulate SEEDS=n FIRST=seed`: runs the simulation for so many seeds, one after the other. A seed that breaks a
 * rule is printed with the shortest run that still breaks it; to see it again, run it alone. Exit code 1 when one did.
 */
import { drawScenario } from '../../operator/simulation/draw-scenario.ts';
import { shrink } from '../../operator/simulation/shrink.ts';
import { runScenario } from '../../operator/simulation/simulation.ts';
import { writeReport } from '../test/report.ts';
import { simulateOptions } from './options.ts';

const { seeds, first, shown, bail } = simulateOptions(process.argv.slice(2));
const passed: string[] = [];
const failures: { seed: number; message: string }[] = [];
const total = { targetWrites: 0, remediations: 0, virtualMs: 0, ran: 0 };
const started = performance.now();
/** Progress is told so often; oftener to a program that waits for the first failure. */
const tellEvery = bail ? 50 : Math.max(500, Math.floor(seeds / 20));

for (let seed = first; seed < first + seeds; seed++) {
  const scenario = drawScenario(seed);
  const report = await runScenario(scenario);
  total.ran++;
  total.targetWrites += report.targetWrites;
  total.remediations += report.remediations;
  total.virtualMs += report.virtualMs;
  if (report.violation === undefined) passed.push(`seed ${seed}`);
  else {
    const message = `${report.violation.rule}: ${report.violation.message}`;
    failures.push({ seed, message });
    console.log(`seed ${seed}: ${message}`);
    if (failures.length <= shown) await show(seed, report.violation.rule);
    if (bail) break;
  }
  if (total.ran % tellEvery === 0) console.log(`${total.ran} of ${seeds} seeds, ${failures.length} failed`);
}

const hours = (total.virtualMs / 3_600_000).toFixed(1);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${total.ran} seeds from ${first}: ${total.remediations} remediations, ${total.targetWrites} writes to targets, ${hours} h of the cluster in ${seconds} s`,
);
console.log(
  failures.length === 0
    ? 'every rule held'
    : `${failures.length} failed: ${failures
        .slice(0, 20)
        .map(({ seed }) => seed)
        .join(', ')}; again with: make simulate SEEDS=1 FIRST=${failures[0]?.seed}`,
);
writeReport({ passed, failed: failures.map(({ seed, message }) => ({ name: `seed ${seed}`, message })), skipped: 0 });
process.exitCode = failures.length === 0 ? 0 : 1;

/** The shortest run that still breaks the rule, line by line. */
async function show(seed: number, rule: string): Promise<void> {
  const shortest = await shrink(drawScenario(seed), rule);
  const { trace } = await runScenario(shortest, { traced: true });
  const { policies, plans, guardrails, nodeLeases, autoscaled, end, steps } = shortest;
  console.log(`\nthe shortest run found for seed ${seed}, of ${steps.length} steps:`);
  const setting = JSON.stringify({ policies, plans, guardrails, nodeLeases, autoscaled, end });
  console.log(setting.replaceAll(/x{9,}/g, 'x…'));
  console.log(`${trace.join('\n')}\n`);
}
