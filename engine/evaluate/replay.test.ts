import { expect } from 'chai';
import fc from 'fast-check';
import { compilePolicy, type CompiledPolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { PolicySpec } from './policy-spec.ts';
import { containerRow, MadeUpSource, nodeRow, podRow, startMs, workloadRow, type Measured } from './testing/stream.ts';

const policies: readonly (Omit<PolicySpec, 'routes'> & { readonly id: string })[] = [
  {
    id: 'containers',
    target: { kind: 'Container', warmupSeconds: 5 },
    signals: [
      {
        name: 'high',
        metric: 'k8s.container.memory.limit_utilization',
        window: { seconds: 5, aggregate: 'P90' },
        fill: { maxSeconds: 3 },
        outliers: { deviations: 3 },
        detect: { threshold: { above: '70%', clearBelow: '60%' } },
      },
      {
        name: 'rising',
        metric: 'k8s.container.memory.limit_utilization',
        window: { seconds: 10, aggregate: 'Slope' },
        fill: { maxSeconds: 4 },
        detect: { threshold: { above: '1%' } },
      },
      {
        name: 'kills',
        metric: 'k8s.container.oom_kills',
        window: { seconds: 10, aggregate: 'Increase' },
        detect: { threshold: { above: '0' } },
      },
    ],
    when: '(high.firing && rising.firing) || (kills.firing && kills.value >= 2.0)',
    forSeconds: 2,
    clearForSeconds: 3,
    staleAfterSeconds: 4,
  },
  {
    id: 'workloads',
    target: { kind: 'Workload' },
    signals: [
      {
        name: 'mean',
        metric: 'k8s.container.memory.limit_utilization',
        window: { seconds: 8, aggregate: 'Mean', minSamples: 3 },
        detect: { threshold: { above: '50%' } },
      },
      { name: 'down', metric: 'k8s.workload.pods.unavailable', detect: { threshold: { above: '0' } } },
    ],
    when: 'mean.firing || down.firing',
    minConfidence: '50%',
    clearForSeconds: 0,
    missingData: 'Clear',
  },
  {
    id: 'pods',
    target: { kind: 'Pod' },
    signals: [
      {
        name: 'odd',
        metric: 'k8s.container.memory.limit_utilization',
        detect: { anomaly: { minDeviation: '1%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 1 } },
      },
      { name: 'silent', metric: 'k8s.pod.ready', detect: { absence: { forSeconds: 3 } } },
    ],
    when: 'odd.firing || silent.firing',
    staleAfterSeconds: 6,
  },
  {
    id: 'every other detector',
    target: { kind: 'Container' },
    signals: [
      { forecast: { reaches: '100%', withinSeconds: 60, overSeconds: 24, direction: 'Rising' } },
      { flapping: { changes: 3, withinSeconds: 20, level: '50%' } },
      {
        changePoint: {
          minDeviation: '1%',
          direction: 'Both',
          everySeconds: 1,
          holdSeconds: 5,
          falseAlarmsPerWeek: 1000,
        },
      },
      { peers: { minDeviation: '30%', deviations: 2, direction: 'Both', minPeers: 2 } },
      { burnRate: { objective: '60%', periodSeconds: 86_400, above: '40%', speed: 'Any', minTraffic: 5 } },
    ].map((detect, i) => ({ name: `s${i}`, metric: 'k8s.container.memory.limit_utilization', detect })),
    when: 's0.firing || s1.firing || s2.firing || s3.firing || s4.firing',
    clearForSeconds: 1,
    staleAfterSeconds: 6,
  },
  {
    id: 'together',
    target: { kind: 'Container' },
    signals: [
      { peers: { minDeviation: '1%', deviations: 2, direction: 'Both', minPeers: 2 } },
      { anomaly: { minDeviation: '1%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 1 } },
    ].map((detect, i) => ({ name: `s${i}`, metric: 'k8s.container.memory.limit_utilization', detect })),
    when: 's0.firing || s1.firing',
    clearForSeconds: 1,
    staleAfterSeconds: 6,
    falseDiscoveryRate: { atMost: '50%', withinSeconds: 1 },
  },
];

const compiled = policies.map(({ id, ...spec }): CompiledPolicy => {
  const compilation = compilePolicy(id, '1', { ...spec, routes: [{ to: 'Incident' }] });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  return compilation.policy;
});

const agentMetrics = ['k8s.container.memory.limit_utilization', 'k8s.container.oom_kills'];
const stateMetrics = ['k8s.pod.ready', 'k8s.workload.pods.unavailable'];
const rowsOf = (pods: number, restarts: number): Measured[] => [
  nodeRow,
  workloadRow,
  ...['a', 'b', 'c', 'd']
    .slice(0, pods)
    .flatMap((uid) => [
      podRow(uid),
      containerRow(uid, 'app', `app#${restarts}`, startMs + restarts * 7000),
      containerRow(uid, 'log'),
    ]),
];

/** What happens to an evaluator, second by second. */
const happening = fc.record({
  stepMs: fc.constantFrom(1000, 1000, 1000, 1000, 400, 9000),
  agent: fc.constantFrom('all', 'all', 'all', 'some', 'none'),
  state: fc.constantFrom('all', 'some', 'none', 'none'),
  rows: fc.option(fc.record({ pods: fc.integer({ min: 1, max: 4 }), restarts: fc.nat(3) }), {
    freq: 6,
    nil: undefined,
  }),
  restart: fc.boolean(),
  shed: fc.option(fc.subarray(policies.map(({ id }) => id)), { freq: 8, nil: undefined }),
  advance: fc.boolean(),
  seed: fc.nat(1000),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A value that depends on what is measured and the seed of the moment alone. */
const valueOf =
  (seed: number) =>
  (metric: string, { uid }: { uid: string }) => {
    const x = Math.sin(seed * 12.9898 + uid.charCodeAt(0) * 78.233 + metric.length) * 43758.5453;
    const share = x - Math.floor(x);
    if (share > 0.97) return NaN;
    if (share < 0.01) return seed % 2 === 0 ? Infinity : -Infinity;
    return metric === 'k8s.container.oom_kills'
      ? Math.floor(share * 3)
      : metric === 'k8s.workload.pods.unavailable'
        ? Math.floor(share * 1.2)
        : share;
  };

/** Plays everything; `beside` is called between any two calls, and must not matter. Answers all that was told. */
function run(
  happenings: readonly Happening[],
  beside: (evaluator: Evaluator, step: number) => void = () => {},
): string {
  const told: string[] = [];
  const evaluator = new Evaluator({ onVerdict: (change) => told.push(JSON.stringify(change)) });
  for (const policy of compiled) evaluator.setPolicy(policy, () => true);
  let agent = new MadeUpSource(agentMetrics, rowsOf(2, 0));
  let state = new MadeUpSource(stateMetrics, rowsOf(2, 0), { producer: 'state', intervalMs: 10_000 });
  const bind = (): void => {
    for (const { key, keyframe, identities } of [agent, state]) evaluator.bind(key, keyframe, identities);
  };
  bind();
  let nowMs = startMs;
  for (const [step, { stepMs, rows, restart, shed, seed, advance, ...tells }] of happenings.entries()) {
    nowMs += stepMs;
    if (rows !== undefined) {
      agent = agent.withRows(rowsOf(rows.pods, rows.restarts), nowMs);
      state = state.withRows(rowsOf(rows.pods, rows.restarts), nowMs);
      if (restart) agent = agent.restarted();
      bind();
    }
    if (shed !== undefined) evaluator.suspendOnly(new Set(shed), nowMs);
    beside(evaluator, step);
    for (const [source, tell] of [
      [agent, tells.agent],
      [state, tells.state],
    ] as const)
      if (tell !== 'none')
        evaluator.frame(
          source.key,
          source.frame(nowMs, valueOf(seed), tell === 'some' ? ({ uid }) => uid < 'b' : undefined),
        );
    if (advance) evaluator.advance(nowMs);
  }
  for (const { id } of policies) for (const verdict of evaluator.verdicts(id)) told.push(JSON.stringify(verdict));
  return told.join('\n');
}

describe('replay', () => {
  const happenings = fc.array(happening, { minLength: 1, maxLength: 120, size: 'max' });

  it('gives the same verdicts from the same calls, bit for bit', () => {
    let verdicts = 0;
    fc.assert(
      fc.property(happenings, (all) => {
        const first = run(all);
        verdicts += first.split('\n').filter((line) => line.includes('"from"')).length;
        expect(run(all)).to.equal(first);
      }),
      { numRuns: 40 },
    );
    // The property would hold of a stream in which nothing happens, too.
    expect(verdicts).to.be.greaterThan(500);
  });

  it('does not mind who looks on, nor what another evaluator does', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const other = new Evaluator({ onVerdict: () => {} });
        for (const policy of compiled) other.setPolicy(policy, () => true);
        const busy = new MadeUpSource(agentMetrics, rowsOf(4, 1));
        other.bind(busy.key, busy.keyframe, busy.identities);
        const looked = run(all, (evaluator, step) => {
          other.frame(busy.key, busy.frame(startMs + step * 1000, valueOf(step)));
          for (const { id } of policies) {
            evaluator.counts(id);
            evaluator.faults(id);
            Array.from(evaluator.stuck(id));
            for (const { target } of evaluator.verdicts(id)) evaluator.verdict(id, target.key);
          }
        });
        expect(looked).to.equal(run(all));
      }),
      { numRuns: 20 },
    );
  });

  it('counts how targets stand as a walk over them does', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(happenings, (all) => {
        run(all, (evaluator) => {
          for (const { id } of policies) {
            const walked = { Inactive: 0, Pending: 0, Firing: 0, Clearing: 0, Unknown: 0 };
            for (const { state } of evaluator.verdicts(id)) {
              walked[state]++;
              seen.add(state);
            }
            expect(evaluator.counts(id)).to.deep.equal(walked);
          }
        });
      }),
      { numRuns: 20 },
    );
    expect(seen).to.have.property('size', 5);
  });

  it('says what begins and ends of every episode once, and never what contradicts itself', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const states = new Map<string, string>();
        for (const line of run(all).split('\n')) {
          if (!line.includes('"from"')) continue;
          const { verdict, from, cause } = JSON.parse(line) as {
            verdict: { policyId: string; state: string; target: { key: string }; confidence: number };
            from: string;
            cause: string;
          };
          const key = `${verdict.policyId} ${verdict.target.key}`;
          expect(from).to.equal(states.get(key) ?? 'Inactive');
          expect(verdict.state).not.to.equal(from);
          expect(verdict.confidence).to.be.within(0, 1);
          if (verdict.state === 'Firing') expect(verdict.confidence).to.be.greaterThan(0);
          if (cause === 'Judged') states.set(key, verdict.state);
          else states.delete(key);
        }
      }),
      { numRuns: 40 },
    );
  });
});
