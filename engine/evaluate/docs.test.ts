import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { detectorNames, detectors } from '../detectors/registry.ts';
import { metrics, type Metric } from '../metrics.ts';
import { aggregateNames } from '../windows/registry.ts';
import { signalFields, targetFields } from './facts.ts';

describe('docs/detection.md', () => {
  const text = readFileSync(`${import.meta.dirname}/../../docs/detection.md`, 'utf8');
  const states = metrics.flatMap((metric: Metric) => Object.keys(metric.states ?? {}));
  const parameters = Object.values(detectors).flatMap(({ schema }) => Object.keys(schema.properties));

  it('names every aggregate, detector, parameter, state and field', () => {
    const names = [...aggregateNames, ...detectorNames, ...parameters, ...states, ...signalFields, ...targetFields];
    expect(names.filter((name) => !new RegExp(`[\`{ .]${name}\\b`).test(text))).to.deep.equal([]);
  });
});
