import type { Command } from 'commander';
import { suggestion } from '../../../engine/evaluate/nearest.ts';
import { knownMetrics, type Metric } from '../../../engine/metrics.ts';
import { openTelemetryName } from '../../../engine/open-telemetry.ts';
import type { Declare } from '../command.ts';
import type { Output } from '../output.ts';
import { metricLines } from '../render/metrics.ts';
import { yamlOf } from '../yaml.ts';

/** `metrics`: what a policy may name; asks no cluster. */
export const metrics: Declare = (program, _act, print) => {
  program
    .command('metrics')
    .description('the metrics that a policy may name: unit, kind, what has one, who measures it')
    .argument('[word]', 'only those that have it in their name, here or at OpenTelemetry, or in their description')
    .action((word: string | undefined, _options: unknown, command: Command) => {
      const { output } = program.opts<{ output?: Output }>();
      const wanted = selected(word ?? '');
      if (wanted.length === 0) command.error(`error: no metric has ${word} in it${nearTo(word ?? '')}`);
      print(`${printed(wanted, output)}\n`);
    });
};

/** The metrics that a word stands for, in the order of the catalogue. */
function selected(word: string): readonly Metric[] {
  const small = word.toLowerCase();
  const textOf = ({ name, description }: Metric): string => `${name} ${description} ${openTelemetryName(name) ?? ''}`;
  return knownMetrics().filter((metric) => textOf(metric).toLowerCase().includes(small));
}

const nearTo = (word: string): string =>
  suggestion(
    word,
    knownMetrics().map(({ name }) => name),
  );

function printed(wanted: readonly Metric[], output: Output | undefined): string {
  const objects = wanted.map((metric) => {
    const openTelemetry = openTelemetryName(metric.name);
    return { ...metric, ...(openTelemetry !== undefined && { openTelemetry }) };
  });
  if (output === 'json') return JSON.stringify(objects, null, 2);
  if (output === 'yaml') return yamlOf(objects);
  if (output === 'name') return wanted.map(({ name }) => name).join('\n');
  return metricLines(wanted, output === 'wide').join('\n');
}
