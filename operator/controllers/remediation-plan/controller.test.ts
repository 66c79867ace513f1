import { expect } from 'chai';
import type { Guardrail as GuardrailObject } from '../../../crds/guardrail.ts';
import type { RemediationPlan as Plan } from '../../../crds/remediation-plan.ts';
import { ApiError } from '../../kube/api.ts';
import { Guardrail, HorizontalPodAutoscaler, RemediationPlan } from '../../kube/resources.ts';
import { Cluster, condition, nodeTarget, podTarget, rootNamespace } from '../harness.test.ts';

describe('RemediationPlan', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const stored = (name = 'fence', namespace = rootNamespace): Plan => {
    const plan = cluster.server.find<Plan>(RemediationPlan, { namespace, name });
    if (plan === undefined) throw new Error('there is none');
    return plan;
  };

  it('is usable when its account may do what its steps need', async () => {
    cluster.plan();
    await cluster.start();
    expect(condition(stored(), 'Ready')).to.equal('True Usable');
    expect(stored().status).to.include({ active: 0, succeeded: 0, failed: 0 });
  });

  it('says what is wrong with the condition of its verification, and begins nothing', async () => {
    const verify = { stabilizationSeconds: 1, timeoutSeconds: 60, onFailure: 'Undo', condition: 'node.ready' } as const;
    cluster.plan({ verify });
    await cluster.start();
    expect(condition(stored(), 'Ready')).to.equal('False InvalidVerifyCondition');
    const message = stored().status?.conditions?.find(({ type }) => type === 'Ready')?.message;
    expect(message).to.include('spec.verify.condition must not speak of node: there are target, workload');
  });

  it('notices when a missing permission was granted', async () => {
    cluster.server.authorize = ({ verb, resource }) => !(verb === 'patch' && resource.plural === 'nodes');
    cluster.plan();
    await cluster.start();
    expect(condition(stored(), 'Ready')).to.equal('False PermissionsMissing');
    cluster.server.authorize = () => true;
    await cluster.seconds(11);
    expect(condition(stored(), 'Ready')).to.equal('True Usable');
  });

  it('asks anew about its permissions when the API server has refused something since', async () => {
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    cluster.server.authorize = ({ verb, resource }) => !(verb === 'patch' && resource.plural === 'nodes');
    await cluster.seconds(5);
    expect(condition(stored(), 'Ready')).to.equal('True Usable');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(3);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Forbidden');
    expect(condition(stored(), 'Ready')).to.equal('False PermissionsMissing');
    cluster.server.authorize = () => true;
    await cluster.seconds(11);
    expect(condition(stored(), 'Ready')).to.equal('True Usable');
    const reviews = cluster.server.requests.filter(({ resource }) => resource.kind === 'SelfSubjectAccessReview');
    const { length } = reviews;
    await cluster.seconds(200);
    const asked = cluster.server.requests.filter(({ resource }) => resource.kind === 'SelfSubjectAccessReview');
    expect(asked).to.have.lengthOf(length);
  });

  it('counts no success of what only wrote down what it would do', async () => {
    const policy = cluster.policy();
    cluster.plan({ mode: 'Observe' });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(3);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Observed');
    expect(stored().status).to.include({ active: 0, succeeded: 0, failed: 0 });
  });

  it('says when the operator may not act as its account', async () => {
    const error = new ApiError('cannot impersonate', { status: 403, reason: 'Forbidden' });
    cluster.server.faults = ({ user }) => (user === undefined ? undefined : { kind: 'error', error });
    cluster.plan({ serviceAccountName: 'fencer' });
    await cluster.start();
    expect(condition(stored(), 'Ready')).to.equal('False CannotImpersonate');
  });

  it('asks of its account only what is done in its name, where the plan reaches', async () => {
    cluster.server.authorize = ({ verb, resource, user }) =>
      user === undefined || (verb === 'patch' && !['nodes'].includes(resource.plural));
    const steps = [{ name: 'mark', action: { label: { of: 'Target', set: { a: 'b' } } } }] as const;
    cluster.plan({ serviceAccountName: 'marker', steps: steps as unknown as Plan['spec']['steps'] }, 'mark', 'shop');
    await cluster.start();
    expect(condition(stored('mark', 'shop'), 'Ready')).to.equal('True Usable');
  });

  it('asks for no more than the kinds of targets that are brought to it need', async () => {
    cluster.server.authorize = ({ verb, resource }) =>
      verb !== 'patch' || resource.group === 'homeostat.dev' || resource.plural === 'pods';
    const steps = [{ name: 'mark', action: { label: { of: 'Target', set: { a: 'b' } } } }] as const;
    cluster.plan({ steps: steps as unknown as Plan['spec']['steps'] }, 'fence', 'shop');
    await cluster.start();
    expect(condition(stored('fence', 'shop'), 'Ready')).to.equal('False PermissionsMissing');
    cluster.policy({ target: { kind: 'Pod', warmupSeconds: 0 } }, 'hung', 'shop');
    await cluster.seconds(11);
    expect(condition(stored('fence', 'shop'), 'Ready')).to.equal('True Usable');
  });

  it('asks for the right to change autoscalers only where there is one', async () => {
    cluster.server.authorize = ({ verb, resource, user }) =>
      user === undefined || (verb === 'patch' && resource.group === 'apps');
    const steps = [{ name: 'room', action: { scale: { by: 1, max: 5 } } }] as unknown as Plan['spec']['steps'];
    cluster.plan({ serviceAccountName: 'scaler', steps }, 'room', 'shop');
    cluster.server.seed(HorizontalPodAutoscaler, { metadata: { name: 'web', namespace: 'elsewhere' } });
    await cluster.start();
    expect(condition(stored('room', 'shop'), 'Ready')).to.equal('True Usable');
    cluster.server.seed(HorizontalPodAutoscaler, { metadata: { name: 'web', namespace: 'shop' } });
    await cluster.seconds(301);
    expect(stored('room', 'shop').status?.conditions?.find(({ type }) => type === 'Ready')?.message).to.equal(
      'service account shop/scaler may not: patch horizontalpodautoscalers.autoscaling in namespace shop; grant it by a role and a binding',
    );
  });

  for (const [what, action, field] of [
    ['cordons', { cordon: {} }, 'cordon'],
    ['labels a node', { label: { of: 'Node', set: { a: 'b' } } }, 'label.of'],
  ] as const)
    it(`outside the root namespace that ${what} names the step and begins nothing`, async () => {
      const steps = [{ name: 'one', action }] as unknown as Plan['spec']['steps'];
      cluster.plan({ steps }, 'fence', 'shop');
      const signals = [{ name: 'killed', metric: 'k8s.pod.oom_kills', detect: { threshold: { above: '2' } } }];
      const policy = cluster.policy({ target: { kind: 'Pod', warmupSeconds: 0 }, signals }, 'hung', 'shop');
      await cluster.start();
      await cluster.judged(policy, podTarget(), 'Firing');
      expect(condition(stored('fence', 'shop'), 'Ready')).to.match(/^False InvalidSteps/);
      const ready = stored('fence', 'shop').status?.conditions?.[0]?.message;
      expect(ready).to.include(`spec.steps[0].action.${field} is only possible in the operator's own namespace`);
      expect(condition(cluster.incident, 'Remediating')).to.equal('False PlanInvalid');
      expect(cluster.remediations).to.deep.equal([]);
    });

  it('that cannot be used begins nothing, and the incident says so', async () => {
    cluster.plan();
    cluster.server.seed(RemediationPlan, { ...stored(), spec: { ...stored().spec, steps: [] } });
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(condition(stored(), 'Ready')).to.equal('False InvalidSteps');
    expect(condition(cluster.incident, 'Remediating')).to.equal('False PlanInvalid');
    expect(cluster.remediations).to.deep.equal([]);
  });

  it('counts what became of its remediations, and forgets the oldest beyond its history', async () => {
    const policy = cluster.policy();
    const guards = { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 0 };
    cluster.plan({
      historyLimit: 1,
      guards,
      verify: { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Undo' },
    });
    await cluster.start();
    for (let episode = 0; episode < 3; episode++) {
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(cluster.isCordoned()).to.equal(true);
      await cluster.seconds(2);
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      await cluster.seconds(2);
      expect(cluster.isCordoned()).to.equal(false);
    }
    await cluster.seconds(61);
    expect(cluster.remediations).to.have.lengthOf(1);
    expect(stored().status).to.include({ active: 0, succeeded: 1, failed: 0 });
  });
});

describe('Guardrail', () => {
  it('says whether it pauses, and how much runs under it', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    cluster.plan();
    cluster.guardrail({});
    await cluster.start();
    const stored = (): GuardrailObject | undefined =>
      cluster.server.find<GuardrailObject>(Guardrail, { namespace: rootNamespace, name: 'limits' });
    expect([condition(stored(), 'Ready'), condition(stored(), 'Paused')]).to.deep.equal([
      'True InForce',
      'False NotPaused',
    ]);
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(2);
    expect(stored()?.status?.active).to.equal(1);
    await cluster.edit(Guardrail, 'limits', { spec: { paused: [{ reason: 'freeze', by: 'alice' }] } });
    expect(condition(stored(), 'Paused')).to.equal('True Paused');
    expect(cluster.eventsOn('Guardrail')).to.deep.equal(['Paused']);
    await cluster.operator.die();
  });
});
