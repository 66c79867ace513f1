import { expect } from 'chai';
import type { DetectionPolicy } from '../crds/detection-policy.ts';
import type { Incident } from '../crds/incident.ts';
import type { Remediation } from '../crds/remediation.ts';
import { findCondition } from './kube/conditions.ts';
import type { KubeObject } from './kube/api.ts';
import * as resources from './kube/resources.ts';
import { eventually } from './testing/eventually.ts';
import { Rig, type OperatorProcess } from './testing/rig.ts';

type Status = { status?: { conditions?: Parameters<typeof findCondition>[0] & object } };

const condition = (object: Status | undefined, type: string): string | undefined => {
  const found = findCondition(object?.status?.conditions, type);
  return found && `${found.status} ${found.reason}`;
};

describe('an operator process on a real API server and NATS', function () {
  let rig: Rig;
  let operator: OperatorProcess;
  beforeEach(async () => {
    rig = await Rig.create('operator');
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(operator.log.join('\n'));
    await rig.remove();
  });

  const create = (resource: typeof resources.DetectionPolicy, name: string, spec: object): Promise<KubeObject> => {
    const object: KubeObject & { spec: object } = { metadata: { name, namespace: rig.namespace }, spec };
    return rig.api.create(resource, object);
  };
  const install = async (more: object = {}): Promise<void> => {
    await create(resources.DetectionPolicy, 'hung', {
      target: { kind: 'Node', selector: { matchLabels: { rig: rig.namespace } } },
      signals: [{ name: 'silent', metric: 'k8s.node.kubelet.probe.failures', detect: { threshold: { above: '2' } } }],
      clearForSeconds: 0,
      routes: [{ to: 'Remediate', plan: 'fence' }],
    });
    await create(resources.RemediationPlan, 'fence', {
      mode: 'Enforce',
      steps: [{ name: 'cordon', action: { cordon: {} }, undo: { when: 'Recovered' } }],
      verify: { stabilizationSeconds: 1, timeoutSeconds: 30, onFailure: 'Undo' },
      ...more,
    });
  };
  const ready = (): Promise<true> =>
    eventually('ready', async () => {
      const text = await operator.readyz();
      if (text.includes('[-]')) throw new Error(text);
      return true;
    });
  /** Samples of a healthy node have come through to the policy. */
  const watched = (): Promise<true> =>
    eventually('the policy has its target', async () => {
      const policy = await rig.api.get<DetectionPolicy>(resources.DetectionPolicy, {
        namespace: rig.namespace,
        name: 'hung',
      });
      return policy.status?.targets?.matched === 1 ? true : undefined;
    });
  const isCordoned = async (): Promise<boolean> => {
    const node = await rig.api.get<KubeObject & { spec: { unschedulable?: boolean } }>(resources.Node, {
      name: rig.node,
    });
    return node.spec.unschedulable === true;
  };
  const cordoned = (wanted: boolean): Promise<true> =>
    eventually(`cordoned: ${wanted}`, async () => (await isCordoned()) === wanted || undefined);
  const all = async <T extends KubeObject>(resource: typeof resources.Incident): Promise<T[]> =>
    (await rig.api.list<T>(resource, { namespace: rig.namespace })).items;
  const remediationBecomes = (type: string, wanted: string, attempt?: number): Promise<Remediation> =>
    eventually(`${type} ${wanted}`, async () => {
      const found = (await all<Remediation>(resources.Remediation)).filter(
        ({ spec }) => attempt === undefined || spec.attempt === attempt,
      );
      if (found.length !== 1) throw new Error(`there are ${found.length} remediations`);
      const [only] = found;
      if (condition(only, type) !== wanted) throw new Error(JSON.stringify(only?.status?.conditions));
      return only;
    });

  it('cordons a node whose kubelet does not answer, and takes it back when it does', async () => {
    operator = await rig.operator();
    await install();
    await ready();
    await rig.speak(0);
    await watched();
    await rig.speak(3);
    await cordoned(true);
    // The target comes first, the news after it.
    await eventually('the evidence', async () => (await all<Incident>(resources.Incident))[0]?.status?.detectSeconds);
    await rig.speak(0);
    await cordoned(false);
    const remediation = await remediationBecomes('Undone', 'True Undone');
    expect(condition(remediation, 'Succeeded')).to.equal('True Recovered');
    await eventually(
      'resolved',
      async () => condition((await all<Incident>(resources.Incident))[0], 'Resolved') === 'True Recovered',
    );
    const metrics = await operator.metrics();
    expect(metrics).to.match(/homeostat_remediations_total\{result="Recovered"\} 1/);
    expect(metrics).to.match(/homeostat_incidents_total\{severity="Warning"\} 1/);
    expect(await operator.stop()).to.equal(0);
  });

  it('leaves the node cordoned when somebody else has cordoned it since', async () => {
    operator = await rig.operator();
    await install();
    await ready();
    await rig.speak(3);
    await cordoned(true);
    for (const unschedulable of [null, true]) {
      const patch = { type: 'merge', body: { spec: { unschedulable } } } as const;
      await rig.api.patch(resources.Node, { name: rig.node }, patch, { fieldManager: 'kubectl-cordon' });
    }
    await rig.speak(0);
    await remediationBecomes('Undone', 'True Superseded');
    expect(await isCordoned()).to.equal(true);
    await operator.stop();
  });

  for (const point of ['BeforeAct', 'AfterAct', 'BeforeUndo', 'AfterUndo']) {
    it(`killed at ${point}, comes back and neither acts twice nor forgets`, async () => {
      operator = await rig.operator({ HOMEOSTAT_CRASH_AT: point });
      await install();
      await ready();
      await rig.speak(3);
      if (point.endsWith('Undo')) {
        await cordoned(true);
        await rig.speak(0);
      }
      expect(await operator.ended).to.equal('SIGKILL');
      const [before] = await all<Remediation>(resources.Remediation);
      if (point === 'BeforeAct') {
        expect(await isCordoned()).to.equal(false);
        expect(before?.status?.steps?.[0]).to.include({ state: 'Prepared' });
        expect(before?.status?.steps?.[0]?.changes).to.have.lengthOf(1);
      }
      operator = await rig.operator();
      if (point.endsWith('Act')) {
        await remediationBecomes('Applied', 'True AllStepsDone');
        expect(await isCordoned()).to.equal(true);
        await rig.speak(0);
      }
      await cordoned(false);
      await remediationBecomes('Undone', 'True Undone');
      expect(await all(resources.Incident)).to.have.lengthOf(1);
      const metrics = await operator.metrics();
      const acted = Number(/homeostat_target_writes_total\{purpose="Act",result="ok"\} (\d+)/.exec(metrics)?.[1]);
      expect(acted).to.equal(point === 'BeforeAct' ? 1 : 0);
      await operator.stop();
    });
  }

  describe('with a plan that names a service account', () => {
    const rbac = (kind: string, plural: string) => ({
      group: 'rbac.authorization.k8s.io',
      version: 'v1',
      kind,
      plural,
      namespaced: false,
    });
    const [ClusterRole, Binding] = [
      rbac('ClusterRole', 'clusterroles'),
      rbac('ClusterRoleBinding', 'clusterrolebindings'),
    ];
    /** What the account may do to nodes; nothing else stands in its role. */
    const grant = async (...verbs: string[]): Promise<void> => {
      const name = `${rig.namespace}-fencer`;
      const role: KubeObject & { rules: object[] } = {
        metadata: { name },
        rules: [{ apiGroups: [''], resources: ['nodes'], verbs }],
      };
      const binding: KubeObject & { roleRef: object; subjects: object[] } = {
        metadata: { name },
        roleRef: { apiGroup: ClusterRole.group, kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: 'fencer', namespace: rig.namespace }],
      };
      for (const [resource, body] of [
        [ClusterRole, role],
        [Binding, binding],
      ] as const)
        await rig.api.patch(resource, { name }, { type: 'apply', body, force: true }, { fieldManager: 'test' });
    };
    const planReady = (wanted: string): Promise<string> =>
      eventually(`the plan is ${wanted}`, async () => {
        const name = { namespace: rig.namespace, name: 'fence' };
        const plan = await rig.api.get<KubeObject & Status>(resources.RemediationPlan, name);
        const ready = findCondition(plan.status?.conditions, 'Ready');
        return `${ready?.status} ${ready?.reason}` === wanted ? ready?.message : undefined;
      });
    afterEach(async () => {
      const name = `${rig.namespace}-fencer`;
      for (const resource of [Binding, ClusterRole]) await rig.api.delete(resource, { name });
    });

    it('does no more than the account may, and says what it misses', async () => {
      operator = await rig.operator();
      await grant('get');
      await install({ serviceAccountName: 'fencer', guards: { cooldownSeconds: 0 } });
      await ready();
      expect(await planReady('False PermissionsMissing')).to.include(
        `service account ${rig.namespace}/fencer may not: patch nodes`,
      );
      await rig.speak(0);
      await watched();
      await rig.speak(3);
      const refused = await remediationBecomes('Applied', 'False Forbidden', 1);
      expect(findCondition(refused.status?.conditions, 'Succeeded')?.message)
        .to.include(`service account ${rig.namespace}/fencer may not do that`)
        .and.include(`"system:serviceaccount:${rig.namespace}:fencer" cannot patch resource "nodes"`);
      expect(await isCordoned()).to.equal(false);
      await operator.stop();
    });

    it('does it once it may, in the account’s name', async () => {
      operator = await rig.operator();
      await grant('patch');
      await install({ serviceAccountName: 'fencer' });
      await ready();
      await planReady('True Usable');
      await rig.speak(3);
      await cordoned(true);
      await rig.speak(0);
      await cordoned(false);
      await operator.stop();
    });
  });

  it('says what is wrong with a policy and goes on with the others', async () => {
    operator = await rig.operator();
    await install();
    await create(resources.DetectionPolicy, 'odd', {
      target: { kind: 'Node' },
      signals: [{ name: 'x', metric: 'no.such.metric', detect: { threshold: { above: '2' } } }],
      routes: [{ to: 'Remediate', plan: 'none' }],
    });
    const odd = await eventually('Ready=False', async () => {
      const policy = await rig.api.get<DetectionPolicy>(resources.DetectionPolicy, {
        namespace: rig.namespace,
        name: 'odd',
      });
      return findCondition(policy.status?.conditions, 'Ready')?.status === 'False' ? policy : undefined;
    });
    expect(findCondition(odd.status?.conditions, 'Ready')).to.include({ reason: 'InvalidSignalsMetric' });
    expect(findCondition(odd.status?.conditions, 'Ready')?.message).to.include('spec.signals[0].metric');
    await rig.speak(3);
    await cordoned(true);
    await operator.stop();
  });

  it('that does not keep up sheds the least important policies, says so, and acts by the others', async () => {
    await install();
    const watching = {
      target: { kind: 'Node', selector: { matchLabels: { rig: rig.namespace } } },
      signals: [{ name: 'silent', metric: 'k8s.node.kubelet.probe.failures', detect: { threshold: { above: '2' } } }],
      routes: [{ to: 'Incident' }],
    };
    await create(resources.DetectionPolicy, 'watched', { ...watching, mode: 'Observe', severity: 'Critical' });
    await create(resources.DetectionPolicy, 'info', { ...watching, severity: 'Info' });
    // Ten frames a second, and 0.18 s for each by three policies, 0.12 by two, 0.06 by one.
    operator = await rig.operator({ HOMEOSTAT_SLOW_MS: '60' }, '--shed-lag-milliseconds', '300');
    await ready();
    await rig.speak(0);
    const is = (name: string, type: string, expected: string): Promise<true> =>
      eventually(`${name} is ${expected}`, async () => {
        const named = { namespace: rig.namespace, name };
        const found = condition(await rig.api.get<DetectionPolicy>(resources.DetectionPolicy, named), type);
        return found === expected ? true : undefined;
      });
    await is('watched', 'Shed', 'True OperatorBehind');
    await is('info', 'Shed', 'True OperatorBehind');
    await is('watched', 'DataFresh', 'Unknown Shed');
    await eventually('an Event', async () => {
      const { items } = await rig.api.list<KubeObject & { reason?: string; regarding?: { name?: string } }>(
        resources.Event,
        { namespace: rig.namespace },
      );
      return items.some(({ reason, regarding }) => reason === 'Shed' && regarding?.name === 'watched') || undefined;
    });
    await rig.speak(3);
    await eventually('the cordon', async () => {
      const node = await rig.api.get<KubeObject & { spec?: { unschedulable?: boolean } }>(resources.Node, {
        name: rig.node,
      });
      return node.spec?.unschedulable;
    });
    const { items } = await rig.api.list<Incident>(resources.Incident, { namespace: rig.namespace });
    expect(items.map(({ spec }) => spec.policyRef.name)).to.deep.equal(['hung']);
    expect(await operator.metrics()).to.match(/^homeostat_policies_shed 2$/m);
    expect(await operator.stop()).to.equal(0);
  });
});
