import { expect } from 'chai';
import type { DetectionPolicy as Policy } from '../../../crds/detection-policy.ts';
import { DetectionPolicy, Incident } from '../../kube/resources.ts';
import { Cluster, condition, nodeTarget, rootNamespace } from '../harness.test.ts';
import { Operator } from '../process.test.ts';
import { referenceOf } from '../targets.ts';

describe('DetectionPolicy', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
  });
  afterEach(() => cluster.operator.die());

  const stored = (name = 'hung', namespace = rootNamespace): Policy => {
    const policy = cluster.server.find<Policy>(DetectionPolicy, { namespace, name });
    if (policy === undefined) throw new Error('there is none');
    return policy;
  };
  const message = (type: string, policy = stored()): string | undefined =>
    policy.status?.conditions?.find((found) => found.type === type)?.message;

  it('is in force and says so', async () => {
    cluster.policy();
    cluster.plan();
    await cluster.start();
    expect(condition(stored(), 'Ready')).to.equal('True InForce');
    expect(condition(stored(), 'Firing')).to.equal('False Quiet');
    expect(condition(stored(), 'DataFresh')).to.equal('Unknown NoTargets');
    expect(condition(stored(), 'PlansFound')).to.equal('True AllExist');
    expect(stored().status?.observedGeneration).to.equal(1);
  });

  it('with a bad edit names the field, and the last good version goes on judging', async () => {
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    const signals = [
      { name: 'silent', metric: 'system.cpu.utilization', window: { seconds: 0, aggregate: 'Mean' as const } },
    ];
    // As it would be stored under another version of the schema: seeded, not written by us.
    cluster.server.seed(DetectionPolicy, {
      ...stored(),
      metadata: { ...stored().metadata, generation: 2 },
      spec: { ...stored().spec, signals } as unknown as Policy['spec'],
    });
    await cluster.settle();
    expect(condition(stored(), 'Ready')).to.match(/^False InvalidSignals/);
    expect(message('Ready')).to.include('spec.signals[0].').and.include('generation 1 goes on judging');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.isCordoned()).to.equal(true);
  });

  for (const [what, spec, reason, field] of [
    [
      'metric',
      { signals: [{ name: 'x', metric: 'no.such.metric', detect: { threshold: { above: '2' } } }] },
      'InvalidSignalsMetric',
      'spec.signals[0].metric',
    ],
    ['variable in when', { when: 'loud.firing' }, 'InvalidWhen', 'spec.when'],
    [
      'variable in a route',
      { routes: [{ when: 'nothing > 1', to: 'Incident' }] },
      'InvalidRoutesWhen',
      'spec.routes[0].when',
    ],
  ] as const) {
    it(`with an unknown ${what} names the field`, async () => {
      cluster.policy(spec as unknown as Partial<Policy['spec']>);
      await cluster.start();
      expect(condition(stored(), 'Ready')).to.equal(`False ${reason}`);
      expect(message('Ready')).to.include(field);
      expect(condition(stored(), 'Firing')).to.equal('Unknown NotJudged');
      // Nor does its plan exist.
      if (!('routes' in spec)) expect(condition(stored(), 'PlansFound')).to.equal('False PlanNotFound');
    });
  }

  it('says when an expression fails', async () => {
    cluster.policy();
    cluster.expressionError = 'no such key: app';
    await cluster.start();
    expect(condition(stored(), 'ExpressionsEvaluate')).to.equal('False ExpressionFailed');
  });

  it('that was never good judges nothing, and everything else goes on', async () => {
    cluster.server.seed(DetectionPolicy, {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'DetectionPolicy',
      metadata: { name: 'odd', namespace: rootNamespace },
      spec: { target: { kind: 'Planet' } },
    } as unknown as Policy);
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    expect(condition(stored('odd'), 'Ready')).to.match(/^False Invalid/);
    expect(message('Ready', stored('odd'))).to.include('nothing is judged');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.isCordoned()).to.equal(true);
  });

  for (const [what, target, field] of [
    ['Nodes', { kind: 'Node' }, 'spec.target.kind'],
    ['a namespace selector', { kind: 'Pod', namespaceSelector: {}, warmupSeconds: 0 }, 'spec.target.namespaceSelector'],
  ] as const) {
    it(`outside the root namespace cannot have ${what}`, async () => {
      cluster.policy({ target: target as unknown as Policy['spec']['target'] }, 'far', 'shop');
      await cluster.start();
      const policy = stored('far', 'shop');
      expect(condition(policy, 'Ready')).to.match(/^False InvalidTarget/);
      expect(message('Ready', policy)).to.include(field).and.include(rootNamespace);
    });
  }

  it('names the plan that is missing, until it is there', async () => {
    cluster.policy();
    await cluster.start();
    expect(condition(stored(), 'PlansFound')).to.equal('False PlanNotFound');
    expect(message('PlansFound')).to.include('RemediationPlan fence does not exist');
    cluster.plan();
    await cluster.seconds(11);
    expect(condition(stored(), 'PlansFound')).to.equal('True AllExist');
  });

  it('shows what fires, with value, threshold and since when', async () => {
    const policy = cluster.policy({ mode: 'Observe' });
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-2'), 'Inactive');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    expect(condition(stored(), 'Firing')).to.equal('True TargetsFire');
    const { targets, firing } = stored().status ?? {};
    expect(targets).to.deep.equal({ matched: 2, firing: 1, unknown: 0 });
    expect(firing?.[0]).to.deep.include({ value: '3', threshold: '> 2', confidence: '100%' });
    expect(firing?.[0]?.target).to.deep.equal({ kind: 'Node', name: 'node-1', uid: 'uid-node-1' });
  });

  it('shows what fires for any of many states', async () => {
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    const threshold = `in [${Array.from({ length: 16 }, (_, index) => `State${index}`.padEnd(63, 'x')).join(', ')}]`;
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    const { evidence = [] } = cluster.verdicts(policy.metadata.uid ?? '')[0] ?? {};
    await cluster.judged(policy, nodeTarget(), 'Firing', {
      evidence: evidence.map((signal) => Object.assign({}, signal, { firing: true, threshold })),
    });
    await cluster.seconds(2);
    expect(stored().status?.firing?.[0]?.threshold).to.match(/^in \[State0x+/);
    expect(cluster.incident.status?.evidence?.[0]?.threshold).to.match(/^in \[State0x+/);
  });

  it('writes its status at most every ten seconds when only figures change', async () => {
    const policy = cluster.policy({ mode: 'Observe' });
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-1'), 'Inactive');
    await cluster.seconds(4);
    const statusWrites = () =>
      cluster.server.writes.filter(({ resource }) => resource.kind === 'DetectionPolicy').length;
    const before = statusWrites();
    for (let i = 0; i < 9; i++) {
      await cluster.judged(policy, nodeTarget(`node-${i}`), 'Inactive');
      await cluster.seconds(1);
    }
    expect(statusWrites() - before).to.be.at.most(1);
    await cluster.seconds(10);
    expect(stored().status?.targets?.matched).to.equal(9);
  });

  it('lets stand what an earlier process wrote until the stream has been read, and says when that takes long', async () => {
    const policy = cluster.policy({ mode: 'Observe' });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(12);
    const said = stored();
    await cluster.operator.die();
    cluster.operator = new Operator(cluster);
    cluster.operator.isLive = false;
    await cluster.start();
    await cluster.seconds(5);
    expect(stored()).to.deep.equal(said);
    await cluster.seconds(6);
    expect(condition(stored(), 'DataFresh')).to.equal('Unknown StreamNotRead');
  });

  it('does not say that it is quiet before the stream has been read', async () => {
    cluster.policy();
    cluster.operator.isLive = false;
    await cluster.start();
    await cluster.seconds(11);
    expect(condition(stored(), 'Firing')).to.equal('Unknown StreamNotRead');
  });

  it('counts what people say of its incidents', async () => {
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-1'), 'Firing');
    await cluster.judged(policy, nodeTarget('node-2'), 'Firing');
    const [first, second] = cluster.incidents;
    await cluster.edit(Incident, first?.metadata.name ?? '', { spec: { verdict: 'TruePositive' } });
    await cluster.edit(Incident, second?.metadata.name ?? '', {
      spec: { verdict: 'FalsePositive', acknowledged: { by: 'al' } },
    });
    await cluster.seconds(12);
    expect(stored().status?.feedback).to.deep.equal({ truePositives: 1, falsePositives: 1, precision: '50%' });
    const acknowledged = cluster.incidents.map((incident) => condition(incident, 'Acknowledged'));
    expect(acknowledged).to.have.members(['False NotYet', 'True ByPerson']);
  });

  it('says when data is missing', async () => {
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-1'), 'Inactive');
    await cluster.judged(policy, nodeTarget('node-2'), 'Unknown');
    await cluster.seconds(11);
    expect(condition(stored(), 'DataFresh')).to.equal('False SamplesMissing');
    expect(message('DataFresh')).to.equal('1 of 2 targets are without recent samples: node-2');
    expect(condition(stored(), 'Firing')).to.equal('False Quiet');
    expect(message('Firing')).to.equal('no target fires of which samples come');
    await cluster.judged(policy, nodeTarget('node-1'), 'Unknown');
    await cluster.seconds(11);
    expect(condition(stored(), 'Firing')).to.equal('Unknown NothingKnown');
  });

  it('says what is wrong with the samples that come, until nothing is', async () => {
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-1'), 'Inactive');
    await cluster.judged(policy, nodeTarget('node-2'), 'Inactive');
    const faults = {
      expressionErrors: 0,
      expressionError: undefined,
      lateSamples: 4,
      infiniteSamples: 0,
      counterResets: 2,
      outliers: 0,
      imputedSamples: 3,
      heldBack: 2,
    };
    cluster.data = { faults, stuck: [nodeTarget('node-2')], starved: [] };
    await cluster.seconds(11);
    expect(condition(stored(), 'DataFresh')).to.equal('False SensorsStuck');
    expect(message('DataFresh')).to.equal('1 of 2 targets have a value that never stands still and does: node-2');
    expect(stored().status?.targets).to.deep.equal({ matched: 2, firing: 0, unknown: 0, heldBack: 2 });
    expect(stored().status?.data).to.deep.equal({
      lateSamples: 4,
      infiniteSamples: 0,
      counterResets: 2,
      stuckTargets: 1,
      imputedSamples: 3,
    });
    cluster.data = {
      faults: { ...faults, lateSamples: 0, counterResets: 0, imputedSamples: 0, heldBack: 0 },
      stuck: [],
      starved: [{ signal: 'use', minSamples: 100, windowSeconds: 30, mostSamples: 31, targets: 2 }],
    };
    await cluster.seconds(11);
    expect(condition(stored(), 'DataFresh')).to.equal('False TooFewSamples');
    expect(message('DataFresh')).to.equal(
      'signal use has no value for 2 of 2 targets: its window of 30 s asks for 100 samples, and 31 can come at most. Lower minSamples or make the window longer',
    );
    expect(message('Firing')).to.equal('no target fires; not every signal has a value: see condition DataFresh');
    cluster.data = { ...cluster.data, starved: [] };
    await cluster.seconds(11);
    expect(condition(stored(), 'DataFresh')).to.equal('True SamplesArrive');
    expect(stored().status).not.to.have.property('data');
  });

  it('says when it is shed and why, and that it is judged again', async () => {
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(11);
    expect(condition(stored(), 'Shed')).to.equal(undefined);
    cluster.shed.set(policy.metadata.uid ?? '', { sinceMs: Date.UTC(2026, 0, 1), lagMs: 1440 });
    cluster.operator.control.takeShedding(policy);
    await cluster.judged(policy, nodeTarget(), 'Unknown');
    await cluster.settle();
    expect(condition(stored(), 'Shed')).to.equal('True OperatorBehind');
    expect(message('Shed')).to.include('not judged since 2026-01-01T00:00:00').and.include('1.4 s behind');
    expect(condition(stored(), 'DataFresh')).to.equal('Unknown Shed');
    expect(condition(stored(), 'Firing')).to.equal('Unknown Shed');
    expect(condition(stored(), 'Ready')).to.equal('True InForce');
    const judgement = cluster.operator.judge.judge(policy.metadata.uid ?? '', referenceOf(nodeTarget()));
    expect(judgement).to.deep.equal({
      state: 'Unknown',
      message: 'the DetectionPolicy is shed: the operator does not keep up',
    });
    cluster.shed.clear();
    cluster.operator.control.takeShedding(policy);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.settle();
    expect(condition(stored(), 'Shed')).to.equal('False Judged');
    expect(cluster.operator.events.map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal([
      'Warning Shed',
      'Normal JudgedAgain',
    ]);
  });
});
