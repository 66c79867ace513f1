import { expect } from 'chai';
import { DeclarationError, declaredOf } from './declared.ts';
import { compileSignal } from './evaluate/signal.ts';
import { declareMetrics, knownMetrics, metricNamed, metrics } from './metrics.ts';

const waiting = { name: 'shop.orders.waiting', unit: '{order}', kind: 'gauge' };

const problemsOf = (content: unknown): readonly string[] => {
  try {
    declaredOf(content);
    return [];
  } catch (error) {
    if (error instanceof DeclarationError) return error.problems;
    throw error;
  }
};

describe('declaredOf', () => {
  it('fills in what is not said', () => {
    expect(declaredOf({ metrics: [waiting] })).to.deep.equal([
      {
        ...waiting,
        scope: 'Pod',
        producer: 'agent',
        description: '',
        series: 'shop.orders.waiting',
        labels: {},
        combine: 'Sum',
        namespaces: undefined,
      },
    ]);
  });

  it('takes a glob alone or several', () => {
    const [metric] = declaredOf({ metrics: [{ ...waiting, labels: { code: '5*', verb: ['GET', 'PUT'] } }] });
    expect(metric?.labels).to.deep.equal({ code: ['5*'], verb: ['GET', 'PUT'] });
  });

  for (const [what, entry, expected] of [
    ['no object', 1, /metrics\[0\]: must be an object/],
    ['no name', { ...waiting, name: undefined }, /metrics\[0\]\.name: must be words with dots/],
    ['a name without a dot', { ...waiting, name: 'waiting' }, /name: must be words with dots/],
    ['a name of ours', { ...waiting, name: 'k8s.pod.orders' }, /name: must not begin with k8s\./],
    ['no unit', { ...waiting, unit: '' }, /unit: must be a unit of UCUM/],
    ['another kind', { ...waiting, kind: 'histogram' }, /kind: must be gauge or counter/],
    ['another scope', { ...waiting, scope: 'Workload' }, /scope: must be Pod or Container or Node/],
    ['a node without namespaces', { ...waiting, scope: 'Node' }, /namespaces: must say whose pods/],
    ['a number as a label', { ...waiting, labels: { code: 500 } }, /labels: must be label names with texts/],
    ['the greatest count', { ...waiting, kind: 'counter', combine: 'Max' }, /combine: must be Sum/],
    ['a field that is none', { ...waiting, label: {} }, /has an unknown field label; known are name, /],
  ] as const)
    it(`refuses ${what}`, () => expect(problemsOf({ metrics: [entry] }).join()).to.match(expected));

  it('says all that is wrong', () => {
    expect(problemsOf({ metrics: [waiting, waiting, {}] })).to.have.length(4);
    expect(
      problemsOf({ metrics: Array.from({ length: 201 }, (_, i) => ({ ...waiting, name: `a.b${i}` })) }),
    ).to.deep.equal(['metrics: at most 200 may be declared']);
    for (const content of [null, [], 'x', {}, { metrics: {} }])
      expect(problemsOf(content)).to.deep.equal(['it must be {metrics: [...]}']);
  });
});

describe('declared metrics', () => {
  afterEach(() => declareMetrics([]));
  const signal = { name: 'high', metric: 'shop.orders.waiting', detect: { threshold: { above: 5 } } };

  it('can be named by policies, until they are declared no more', () => {
    expect(compileSignal(signal, 'Pod', 'spec')).to.be.an('array');
    declareMetrics(declaredOf({ metrics: [waiting] }));
    expect(compileSignal(signal, 'Pod', 'spec')).to.have.nested.property('metric.unit', '{order}');
    declareMetrics([]);
    expect(metricNamed('shop.orders.waiting')).to.equal(undefined);
    expect(knownMetrics()).to.deep.equal(metrics);
  });

  it('are near to a name that is misspelt', () => {
    declareMetrics(declaredOf({ metrics: [waiting] }));
    const [problem] = compileSignal({ ...signal, metric: 'shop.order.waiting' }, 'Pod', 'spec') as {
      message: string;
    }[];
    expect(problem?.message).to.include('did you mean shop.orders.waiting?');
  });
});
