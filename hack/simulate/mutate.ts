/**
 * `make simulate-mutations`: shows that the simulation can fail. Each mutation is applied to a copy of the sources, and
 * seeds are run until one breaks a rule; what caught it is told at once, a line each. Ends with 1 when a mutation is not
 * caught, or its text is not found. ARGS='--seeds 2000 --first 1 --only text --from 12 --to 20' chooses: those that speak of
 * a text, and a part of the list.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { mutations, type Mutation } from './mutations.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3000' },
    first: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: String(mutations.length) },
  },
});

/** What the simulation is made of. */
const parts = ['engine', 'crds', 'wire', 'operator', 'hack/simulate', 'hack/test/report.ts', 'package.json'] as const;

/** A process that has run no further batch of seeds for so long never will: the mutated operator goes round in circles. */
const standstillMs = 600_000;

const copy = mkdtempSync(join(tmpdir(), 'homeostat-mutations-'));
for (const part of parts) cpSync(part, join(copy, part), { recursive: true });
symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));

const chosen = mutations
  .map((mutation, index) => ({ mutation, number: index + 1 }))
  .filter(({ number }) => number >= Number(values.from) && number <= Number(values.to))
  .filter(({ mutation: { breaks, file } }) => `${breaks} ${file}`.includes(values.only));
// A copy in which something is missing fails at whatever is tried.
const unbroken = await run('1');
if (unbroken.isCaught) throw new Error(`the sources fail without a mutation: ${unbroken.by}`);
let caught = 0;
for (const { mutation, number } of chosen) {
  const outcome = await tried(mutation);
  if (outcome.isCaught) caught++;
  console.log(`${number}/${mutations.length}  ${outcome.isCaught ? '' : 'NOT CAUGHT: '}${mutation.breaks}`);
  console.log(`       ${outcome.by}`);
}
rmSync(copy, { recursive: true, force: true });
console.log(`${caught} of ${chosen.length} mutations were caught`);
process.exitCode = caught === chosen.length ? 0 : 1;

interface Outcome {
  readonly isCaught: boolean;
  readonly by: string;
}

/** Runs seeds against the mutated sources until one breaks a rule. */
async function tried({ file, find, put }: Mutation): Promise<Outcome> {
  const at = join(copy, file);
  const source = readFileSync(at, 'utf8');
  if (source.split(find).length !== 2)
    return { isCaught: false, by: `its text does not stand exactly once in ${file}: bring mutations.ts up to date` };
  writeFileSync(
    at,
    source.replace(find, () => put),
  );
  try {
    return await run(values.seeds);
  } finally {
    writeFileSync(at, source);
  }
}

async function run(seeds: string): Promise<Outcome> {
  const { first } = values;
  const args = ['hack/simulate/main.ts', '--seeds', seeds, '--first', first, '--shown', '0', '--bail'];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
  let broken: string | undefined;
  let reached = `seed ${first}`;
  let stands = false;
  const onStandstill = (): void => {
    stands = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(onStandstill, standstillMs);
  const read = (line: string): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(onStandstill, standstillMs);
    if (line.startsWith('seed ')) broken = line;
    else if (/^\d+ of /.test(line)) reached = line;
    else if (/^\w*Error\b/.test(line)) broken ??= line;
  };
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', read);
  await once(child, 'close');
  clearTimeout(watchdog);
  if (stands) return { isCaught: true, by: `a run never ends, after ${reached}` };
  return broken === undefined ? { isCaught: false, by: `${seeds} seeds hold` } : { isCaught: true, by: broken };
}
