import { expect } from 'chai';
import { metricNamed, metrics, type Metric } from '../metrics.ts';
import { compileDetector } from './registry.ts';
import { compiled, OneSeries } from './testing/one-series.ts';

describe('detectors', () => {
  it('are named exactly once in a policy', () => {
    const metric = metrics[0];
    const refused = (detect: object): string => JSON.stringify(compileDetector(detect, metric));
    expect(refused({})).to.include('exactly one detector: threshold, ');
    expect(refused({ spike: {} })).to.include('exactly one detector');
    expect(refused({ toString: {} })).to.include('exactly one detector');
    expect(refused({ threshold: { above: '1' }, state: { in: ['1'] } })).to.include('exactly one detector');
    expect(refused({ threshold: { above: 'lots' } })).to.include('lots');
  });
});

describe('threshold', () => {
  /** Whether it fires after each value. */
  const firing = (parameters: object, values: number[]): string => {
    const series = new OneSeries(compiled({ threshold: parameters }, 'k8s.container.memory.usage').create());
    return values.map((value) => (series.give(value) ? 'x' : '.')).join('');
  };
  for (const [parameters, values, expected] of [
    [{ above: '10' }, [9, 10, 11, 10, 11], '..x.x'],
    [{ above: '10', clearBelow: '8' }, [9, 11, 9, 8, 7, 9, 11], '.xxx..x'],
    [{ below: '10' }, [11, 10, 9, 10], '..x.'],
    [{ below: '10', clearAbove: '12' }, [11, 9, 11, 12, 13, 11], '.xxx..'],
    [{ above: '10', below: '5' }, [7, 4, 7, 11, 4, 7], '.x.xx.'],
    [{ above: '10', clearBelow: '8', below: '2', clearAbove: '4' }, [11, 9, 1, 3, 5, 9], 'xxxx..'],
    [{ above: '10', clearBelow: '8' }, [11, NaN, 9], 'x..'],
    [{ above: '100Mi' }, [104857600, 104857601], '.x'],
    [{ above: '850m' }, [0.85, 0.8501], '.x'],
    [{ above: '-1' }, [-2, 0], '.x'],
  ] as const)
    it(`${JSON.stringify(parameters)}: ${values.join(' ')} -> ${expected}`, () => {
      expect(firing(parameters, [...values])).to.equal(expected);
    });

  const metric = metrics[0];
  for (const [parameters, path] of [
    [{ above: '80%', clearBelow: '90%' }, 'threshold.clearBelow'],
    [{ below: '2', clearAbove: '1' }, 'threshold.clearAbove'],
    [{ above: '1', below: '2' }, 'threshold.below'],
  ] as const)
    it(`refuses ${JSON.stringify(parameters)}`, () => {
      expect(compileDetector({ threshold: parameters }, metric)).to.have.nested.property('[0].path', path);
    });

  it('says what it compares with', () => {
    const says = (parameters: object): string => compiled({ threshold: parameters }, 'k8s.pod.cpu.usage').threshold;
    expect(says({ above: '90%' })).to.equal('> 90%');
    expect(says({ above: '90%', clearBelow: '80%', below: '10%' })).to.equal('> 90% until < 80% or < 10%');
  });
});

describe('state', () => {
  const metric = metricNamed('k8s.container.status.waiting') as Metric;

  it('knows names of the metric and numbers', () => {
    const detector = compileDetector({ state: { in: ['ImagePullBackOff', '5', 'CrashLoopBackOff'] } }, metric);
    if (!('create' in detector)) throw new Error(JSON.stringify(detector));
    expect(detector.threshold).to.equal('in [ImagePullBackOff, 5, CrashLoopBackOff]');
    const series = new OneSeries(detector.create());
    expect([0, 1, 2, 3, 4, 5, 2.5].map((value) => series.give(value))).to.deep.equal([
      false,
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('refuses a name that the metric does not know, and says which there are', () => {
    expect(compileDetector({ state: { in: ['CrashLoopBackoff'] } }, metric)).to.deep.equal([
      {
        path: 'state.in[0]',
        message:
          'must be a state of k8s.container.status.waiting: None, ContainerCreating, PodInitializing, CrashLoopBackOff, ErrImagePull, ImagePullBackOff, CreateContainerError, CreateContainerConfigError, Other; or a number in quotes',
      },
    ]);
    expect(JSON.stringify(compileDetector({ state: { in: ['High'] } }, metrics[0]))).to.include('has no named states');
  });
});
