import { readMachines, segmentsOf, type Machine } from './machine.ts';
import { averagePrecision, bestF1, f1Of, outcomeAt, thresholdFor, type Counting } from './measures.ts';
import { methods, type Method } from './methods.ts';

/** The means over the machines of a set. */
export interface MethodFigures {
  readonly averagePrecision: number;
  /** The same divided by the share of anomalous rows, which is what a random score has. */
  readonly timesRandom: number;
  /** At the best threshold of each machine, which looks at the labels. */
  readonly bestEventF1: number;
  /** At the threshold that gave one false alarm a day on the first part. */
  readonly recall: number;
  readonly eventF1: number;
  readonly falseAlarmsPerDay: number;
  readonly medianDelayRows: number;
}

const dayMs = 86_400_000;
/** An event covers an hour; a quarter of an hour after a segment counts neither way. */
const countingOf = ({ intervalMs }: Machine): Counting => ({
  eventRows: 3_600_000 / intervalMs,
  graceRows: 900_000 / intervalMs,
});

/** Every method on the machines of a directory. */
export function machineFigures(
  directory: string,
  intervalMs: number,
  tell: (words: string) => void,
): Readonly<Record<string, MethodFigures>> {
  const machines = readMachines(directory, intervalMs);
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => {
      tell(`${name} …`);
      return [name, meanOf(machines.map((machine) => figuresOf(machine, method)))];
    }),
  );
}

function figuresOf(machine: Machine, method: Method): MethodFigures {
  const scores = method(machine);
  const train = scores.subarray(0, machine.trainRows);
  const test = scores.subarray(machine.trainRows);
  const { labels, intervalMs } = machine;
  const segments = segmentsOf(labels);
  const counting = countingOf(machine);
  const days = (machine.trainRows * intervalMs) / dayMs;
  const outcome = outcomeAt(test, segments, thresholdFor(train, days, counting), counting);
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  const precision = averagePrecision(test, labels);
  const delays = outcome.delays.toSorted((a, b) => a - b);
  return {
    averagePrecision: precision,
    timesRandom: precision / (anomalous / labels.length),
    bestEventF1: bestF1(test, segments, counting),
    recall: outcome.found / segments.length,
    eventF1: f1Of(outcome),
    falseAlarmsPerDay: outcome.falseEvents / (((labels.length - anomalous) * intervalMs) / dayMs),
    medianDelayRows: delays[Math.floor(delays.length / 2)] ?? 0,
  };
}

function meanOf(all: readonly MethodFigures[]): MethodFigures {
  const mean = (of: keyof MethodFigures): number => all.reduce((sum, figures) => sum + figures[of], 0) / all.length;
  return {
    averagePrecision: mean('averagePrecision'),
    timesRandom: mean('timesRandom'),
    bestEventF1: mean('bestEventF1'),
    recall: mean('recall'),
    eventF1: mean('eventF1'),
    falseAlarmsPerDay: mean('falseAlarmsPerDay'),
    medianDelayRows: mean('medianDelayRows'),
  };
}
