import { expect } from 'chai';
import { compilePolicy, type CompiledPolicy } from './compile.ts';
import type { PolicySpec, Problem } from './policy-spec.ts';
import { containerRow } from './testing/stream.ts';

const high = {
  name: 'high',
  metric: 'k8s.container.memory.limit_utilization',
  detect: { threshold: { above: '90%' } },
};
const spec: PolicySpec = { target: { kind: 'Container' }, signals: [high], routes: [{ to: 'Incident' }] };
const target = containerRow('a').identity.Container ?? {
  kind: 'Node',
  key: '',
  uid: '',
  namespace: '',
  name: '',
  labels: {},
};

const compiled = (changes: Partial<PolicySpec> = {}): CompiledPolicy => {
  const compilation = compilePolicy('p', '1', { ...spec, ...changes });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  return compilation.policy;
};
const problems = (changes: Partial<PolicySpec>): readonly Problem[] => {
  const compilation = compilePolicy('p', '1', { ...spec, ...changes });
  return 'problems' in compilation ? compilation.problems : [];
};
const signals = (...changes: object[]): Partial<PolicySpec> => ({
  signals: changes.map((change) => Object.assign({}, high, change)),
});

describe('compilePolicy', () => {
  it('has the defaults of the schema', () => {
    expect(compiled()).to.deep.include({
      forMs: 0,
      clearForMs: 60_000,
      staleAfterMs: 15_000,
      warmupMs: 0,
      minConfidence: 0,
      missingData: 'Hold',
    });
    expect(compiled().signals[0]).to.deep.include({ windowSeconds: 0 });
  });

  /** What is wrong, where it is, and what the message says. */
  for (const [changes, path, says] of [
    [
      signals({ metric: 'k8s.container.memory.limit_utilisation' }),
      'spec.signals[0].metric',
      'did you mean k8s.container.memory.limit_utilization',
    ],
    [signals({ metric: 'container.memory.usage' }), 'spec.signals[0].metric', 'is called k8s.container.memory.usage'],
    [signals({ metric: 'up' }), 'spec.signals[0].metric', 'up is not; homeostat metrics prints those that are'],
    [
      signals({ metric: 'system.cpu.utilization' }),
      'spec.signals[0].metric',
      'measured for each Node; set target.kind to Node',
    ],
    [signals({ metric: 'k8s.pod.oom_kills' }), 'spec.signals[0].metric', 'set target.kind to Pod or Workload or Node'],
    [
      { target: { kind: 'Node' }, ...signals({ metric: 'k8s.workload.pods.desired' }) },
      'spec.signals[0].metric',
      'set target.kind to Workload',
    ],
    [
      signals({ window: { seconds: 9, aggregate: 'Median' } }),
      'spec.signals[0].window.aggregate',
      'must be one of Mean, Min, Max, P50',
    ],
    [signals({ window: { seconds: 9, aggregate: 'Rate' } }), 'spec.signals[0].window.aggregate', 'is a gauge'],
    [
      signals({ metric: 'k8s.container.oom_kills', window: { seconds: 9, aggregate: 'Slope' } }),
      'spec.signals[0].window.aggregate',
      'take Rate',
    ],
    [
      signals({ window: { seconds: 9, aggregate: 'Last', minSamples: 2 } }),
      'spec.signals[0].window.minSamples',
      'must be 1',
    ],
    [signals({ detect: {} }), 'spec.signals[0].detect', 'exactly one detector'],
    [
      signals({ detect: { threshold: { above: '80%', clearBelow: '90%' } } }),
      'spec.signals[0].detect.threshold.clearBelow',
      'not be more than above (80%)',
    ],
    [
      signals({ detect: { threshold: { above: 'much' } } }),
      'spec.signals[0].detect.threshold',
      '"much" is not a quantity',
    ],
    [signals({ detect: { state: { in: ['Full'] } } }), 'spec.signals[0].detect.state.in[0]', 'no named states'],
    [
      {
        target: { kind: 'Workload' },
        ...signals({ metric: 'k8s.pod.cpu.usage', detect: { peers: { minDeviation: '1', direction: 'Both' } } }),
      },
      'spec.signals[0].detect.peers',
      'set target.kind to Pod, Container or Node',
    ],
    [signals({}, {}), 'spec.signals[1].name', 'must not be high again'],
    [
      signals({ fill: { maxSeconds: 60 }, window: { seconds: 60, aggregate: 'Mean' } }),
      'spec.signals[0].fill.maxSeconds',
      'not be more than staleAfterSeconds, 15',
    ],
    [
      signals({
        fill: { maxSeconds: 5 },
        window: { seconds: 60, aggregate: 'Mean' },
        detect: { absence: { forSeconds: 9 } },
      }),
      'spec.signals[0].fill',
      'to absence a value says nothing',
    ],
    [signals({ fill: { maxSeconds: 5 }, window: undefined }), 'spec.signals[0].fill', 'beside a window of Mean'],
    [
      { target: { kind: 'Pod' }, ...signals({ fill: { maxSeconds: 5 }, window: { seconds: 60, aggregate: 'Mean' } }) },
      'spec.signals[0].fill',
      'measured for each Container',
    ],
    [{ minConfidence: '120%' }, 'spec.minConfidence', 'from "0%" to "100%"'],
    [{ minConfidence: 'high' }, 'spec.minConfidence', 'from "0%" to "100%"'],
    [{ falseDiscoveryRate: { atMost: '0%' } }, 'spec.falseDiscoveryRate.atMost', 'more than "0%"'],
    [{ falseDiscoveryRate: { atMost: '5%' } }, 'spec.falseDiscoveryRate', 'no signal has a detector'],
    [{ when: 'high.firing &&' }, 'spec.when', 'is not valid CEL'],
    [{ when: 'hihg.firing' }, 'spec.when', 'must not speak of hihg: there are high, target'],
    [{ when: 'high.firing || low.firing' }, 'spec.when', 'must not speak of low'],
    [{ when: 'high.fires' }, 'spec.when', 'high.fires: it has firing, value, confidence, samples'],
    [{ when: 'target.color == "red"' }, 'spec.when', 'target.color'],
    [{ when: 'high.value' }, 'spec.when', 'must be true or false, and is a number'],
    [{ when: 'high.value * 2 > 1.0' }, 'spec.when', 'no matching overload'],
    [{ when: 'near(high.value)' }, 'spec.when', 'near'],
    [{ when: '[1, 2].exists(x, y > x)' }, 'spec.when', 'must not speak of y'],
    [{ when: '{"a": b} == {}' }, 'spec.when', 'must not speak of b'],
    [
      { routes: [{ to: 'Incident', when: 'high.firing' }] },
      'spec.routes[0].when',
      'there are confidence, severity, target',
    ],
    [{ routes: [{ to: 'Incident', when: 'confidence' }] }, 'spec.routes[0].when', 'must be true or false'],
  ] as const)
    it(`refuses ${JSON.stringify(changes)}`, () => {
      const found = problems(changes);
      expect(found).to.have.length(1);
      expect(found[0]?.path).to.equal(path);
      expect(found[0]?.message).to.include(says);
    });

  it('names everything that is wrong at once', () => {
    const found = problems({ ...signals({ metric: 'a' }, { name: 'b', detect: {} }), when: 'c', minConfidence: 'd' });
    expect(found.map(({ path }) => path)).to.deep.equal([
      'spec.signals[0].metric',
      'spec.signals[1].detect',
      'spec.when',
      'spec.minConfidence',
    ]);
  });

  for (const [when, expected] of [
    ['high.firing && high.value > 0.9', true],
    ['high.samples > 4 && high.samples < 6', true],
    ['high.confidence >= 0.5', true],
    ['target.kind == "Container" && target.namespace == "shop" && target.container == "app"', true],
    ['target.node == "" && target.workload.name == "web"', true],
    ['has(target.labels.app) && !has(target.labels.tier)', true],
    ['"app" in target.labels', true],
    ['["a", "b"].exists(x, x == target.name)', true],
    ['target.name.matches("^[a-c]$")', true],
    ['high.value > 1.0', false],
  ] as const)
    it(`evaluates ${when}`, () => {
      const view = { firing: true, value: 0.95, confidence: 0.5, samples: 5 };
      expect(compiled({ when }).when(target)([view])).to.equal(expected);
    });

  it('compiles routes in their order, each with its own condition', () => {
    const [first, second] = compiled({
      routes: [
        { to: 'Remediate', plan: 'restart', when: 'confidence >= 0.9 && severity == "Critical"' },
        { to: 'Incident' },
      ],
    }).routes;
    expect(first).to.include({ to: 'Remediate', plan: 'restart' });
    expect(first?.when?.({ confidence: 0.95, severity: 'Critical', target })).to.be.true;
    expect(first?.when?.({ confidence: 0.95, severity: 'Warning', target })).to.be.false;
    expect(second).to.deep.equal({ to: 'Incident' });
  });

  it('lets a route throw that has no value for a target', () => {
    const [route] = compiled({ routes: [{ to: 'Incident', when: 'target.labels.tier == "web"' }] }).routes;
    expect(() => route?.when?.({ confidence: 1, severity: 'Info', target })).to.throw('tier');
  });
});
