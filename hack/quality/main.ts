/**
 * `make quality DATA=dir`: how good the anomaly detector is on public data, and whether confidences mean what they say. JSON on standard output, tables and progress
 * on standard error. docs/quality.md says where the data comes from, what each figure means and what it does not say.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { thisMachine } from '../bench/machine.ts';
import { calibrationFigures } from '../../engine/detectors/testing/calibration.ts';
import { atOnceFigures } from './discoveries/at-once.ts';
import { policyFigures } from './discoveries/policies.ts';
import { healthyFigures } from './healthy.ts';
import { machineFigures } from './machines/machines.ts';
import { nabFigures } from './nab/nab.ts';
import { shopFigures } from './nezha/nezha.ts';
import { tables, type Figures } from './table.ts';

const parts = ['healthy', 'calibration', 'discoveries', 'nab', 'asd', 'smd', 'shop'] as const;
type Part = (typeof parts)[number];

const partsOf = (text: string): readonly Part[] =>
  text.split(',').map((name) => {
    const part = parts.find((candidate) => candidate === name);
    if (part === undefined) throw new InvalidArgumentError(`It has to be some of ${parts.join(',')}.`);
    return part;
  });

const { only, data } = new Command('quality')
  .description('Measures the detectors on made-up and public data; JSON on standard output.')
  .option('--data <directory>', 'where nab, asd, smd and nezha-onlineboutique are', '')
  .option('--only <parts>', parts.join(','), partsOf, parts)
  .parse()
  .opts<{ data: string; only: readonly Part[] }>();

const tell = (words: string): void => console.error(`  ${words}`);
const figures: Figures = {};

/** Measures a part, unless its data is not there. */
function measure(part: Part, directory: string | undefined, work: (path: string) => void): void {
  if (!only.includes(part)) return;
  const path = join(data, directory ?? '');
  if (directory !== undefined && !existsSync(path)) return tell(`${part}: there is no ${path}`);
  console.error(`${part} …`);
  work(path);
}

measure('healthy', undefined, () => (figures.healthy = healthyFigures()));
measure('calibration', undefined, () => (figures.calibration = calibrationFigures()));
measure('discoveries', undefined, () => (figures.discoveries = { atOnce: atOnceFigures(), policies: policyFigures() }));
measure('nab', 'nab', (path) => (figures.nab = nabFigures(path)));
measure('asd', 'asd', (path) => (figures.asd = machineFigures(path, 300_000, tell)));
measure('smd', 'smd', (path) => (figures.smd = machineFigures(path, 60_000, tell)));
measure('shop', 'nezha-onlineboutique', (path) => (figures.shop = shopFigures(path)));
console.error(`\n${tables(figures)}`);
process.stdout.write(`${JSON.stringify({ machine: thisMachine(), ...figures }, null, 2)}\n`);
