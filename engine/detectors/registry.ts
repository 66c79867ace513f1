import type { Metric } from '../metrics.ts';
import { absence } from './absence.ts';
import { anomaly } from './anomaly.ts';
import { burnRate } from './burn-rate.ts';
import { changePoint } from './change-point.ts';
import type { CompiledDetector, Detector, ParameterProblem } from './detector.ts';
import { flapping } from './flapping.ts';
import { forecast } from './forecast.ts';
import { peers } from './peers.ts';
import { state } from './state.ts';
import { threshold } from './threshold.ts';

/** Every detector that a signal may have, by the name it has in a policy. */
export const detectors = { threshold, forecast, state, flapping, absence, anomaly, changePoint, peers, burnRate };

export type DetectorName = keyof typeof detectors;

/** The names of all detectors, in the order of the docs. */
export const detectorNames: readonly string[] = Object.keys(detectors);

/**
 * Compiles the one detector that `detect` names. Parameters are as the schema demands; a quantity that is none, which
 * the schema refuses too, is answered as a problem like all others. Paths are relative to `detect`.
 */
export function compileDetector(detect: object, metric: Metric): CompiledDetector | readonly ParameterProblem[] {
  const given = Object.entries(detect).filter(([, parameters]) => parameters !== undefined);
  const [name, parameters] = given[0] ?? [];
  const found: Detector | undefined =
    name !== undefined && Object.hasOwn(detectors, name) ? detectors[name as DetectorName] : undefined;
  if (found === undefined || given.length !== 1)
    return [{ path: '', message: `must name exactly one detector: ${detectorNames.join(', ')}` }];
  try {
    const compiled = found.compile(parameters, metric);
    if (!Array.isArray(compiled)) return compiled;
    return compiled.map(({ path, message }) => ({ path: path === '' ? `${name}` : `${name}.${path}`, message }));
  } catch (error) {
    return [{ path: `${name}`, message: error instanceof Error ? error.message : String(error) }];
  }
}
