import { execFile } from 'node:child_process';
import { expect } from 'chai';
import { admissionProblem } from '../../operator/admission-check.ts';
import type { KubeObject, Patch, Resource } from '../../operator/kube/api.ts';
import { ApiError } from '../../operator/kube/api.ts';
import type { HttpKubeApi } from '../../operator/kube/http-api.ts';
import { ConfigMap, Incident, Remediation, RemediationPlan } from '../../operator/kube/resources.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { connectToCluster, install, makeNamespace, removeNamespace } from '../../operator/testing/real-cluster.ts';
import { customResourceDefinition } from '../custom-resource.ts';
import { kinds } from '../kinds.ts';
import { edited } from '../testing/wrong.ts';
import { valid } from '../testing/valid.ts';
import { admissionPolicies } from './policies.ts';
import { admissionObjects, celList } from './policy.ts';

/**
 * The policies as they are installed, on a real API server, asked by people who may all write everything. They are bound
 * to the namespaces of this test only.
 */
const resource = (group: string, kind: string, plural: string, namespaced: boolean): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});
const Policy = resource(
  'admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
  false,
);
const Binding = resource(Policy.group, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', false);
const RoleBinding = resource('rbac.authorization.k8s.io', 'RoleBinding', 'rolebindings', true);
const known = [Policy, Binding];

const operator = 'system:serviceaccount:homeostat-system:homeostat-operator';
const users = [operator, 'alice', 'bob', 'carol', 'homeostat'];

describe('admission', function () {
  let api: HttpKubeApi;
  let [open, shut] = ['', ''];
  let installed: { resource: Resource; object: KubeObject }[] = [];

  const as = (user: string) => api.as(user);
  const put = <T extends object>(object: T, namespace: string, spec: Record<string, unknown> = {}): T & KubeObject =>
    edited(object, {
      'metadata.namespace': namespace,
      ...Object.fromEntries(Object.entries(spec).map(([field, value]) => [`spec.${field}`, value])),
    }) as T & KubeObject;
  const remediation = (name: string, spec: Record<string, unknown> = {}) =>
    put(valid.Remediation(name), open, {
      approvals: [],
      undoRequested: undefined,
      cancelRequested: undefined,
      ...spec,
    });
  const set = (user: string, of: Resource, name: string, spec: object, namespace = open): Promise<KubeObject> =>
    as(user).patch(of, { name, namespace }, { type: 'merge', body: { spec } });
  const add = (user: string, name: string, by: string, decision = 'Approved'): Promise<KubeObject> => {
    const patch: Patch = { type: 'json', body: [{ op: 'add', path: '/spec/approvals/-', value: { by, decision } }] };
    return as(user).patch(Remediation, { name, namespace: open }, patch);
  };
  const refused = async (request: Promise<unknown>, ...says: string[]): Promise<void> => {
    const error: unknown = await request.then(
      () => expect.fail('it was let through'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ApiError)) throw error;
    for (const part of says) expect(error.message).to.include(part);
    expect(error.message).not.to.match(/no such key|expression .* resulted in error/);
  };

  before(async () => {
    api = connectToCluster();
    for (const definition of kinds) await install(api, customResourceDefinition(definition));
    [open, shut] = [await makeNamespace(api, 'admission'), await makeNamespace(api, 'admission-shut')];
    for (const namespace of [open, shut])
      await api.create(RoleBinding, {
        metadata: { name: 'everybody', namespace },
        roleRef: { apiGroup: RoleBinding.group, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: users.map((name) => ({ apiGroup: RoleBinding.group, kind: 'User', name })),
      } as KubeObject);
    const policies = admissionPolicies({
      operators: celList([operator]),
      enforceGroups: celList(['sre', 'on-call']),
      protectedNamespaces: celList([shut]),
    });
    const objects = admissionObjects(policies, open, [shut]) as KubeObject[];
    installed = objects.map((object) => {
      const found = known.find(({ kind }) => kind === object.kind);
      if (found === undefined) throw new Error(`${object.kind} is not known here`);
      return { resource: found, object: found === Binding ? boundTo([open, shut], object) : object };
    });
    for (const { resource, object } of installed) await api.create(resource, object);
    await inForce();
  });

  after(async () => {
    for (const { resource, object } of installed)
      await api.delete(resource, { name: object.metadata.name, namespace: object.metadata.namespace });
    await removeNamespace(api, open);
    await removeNamespace(api, shut);
  });

  /** Every policy refuses something by now. */
  async function inForce(): Promise<void> {
    const dry = { dryRun: true };
    const probes = [
      () => as('alice').create(Remediation, remediation('probe'), dry),
      () => as('alice').create(Incident, put(valid.Incident('probe'), open), dry),
      () => as('alice').create(RemediationPlan, put(valid.RemediationPlan('probe'), open, { mode: 'Enforce' }), dry),
      () => as(operator).create(ConfigMap, { metadata: { name: 'probe', namespace: shut } }, dry),
    ];
    for (const probe of probes)
      await eventually(`${probe.toString()} is refused`, () =>
        probe().then(
          () => false,
          () => true,
        ),
      );
  }

  it('is noticed by an operator whom it does not know', async () => {
    expect(await admissionProblem(as(operator), open)).to.equal(undefined);
    expect(await admissionProblem(as('alice'), open)).to.include('you are alice');
  });

  it('has expressions that fit the schemas', async () => {
    for (const { object } of installed.filter(({ resource }) => resource === Policy)) {
      const { name } = object.metadata;
      expect((await checked(name)).expressionWarnings ?? [], name).to.deep.equal([]);
    }
  });

  /** What the server found when it checked the types of a policy, which it does soon after it is stored. */
  const checked = (name: string): Promise<{ expressionWarnings?: object[] }> =>
    eventually(`the types of ${name} are checked`, async () => {
      const { status } = await api.get<KubeObject & { status?: { typeChecking?: { expressionWarnings?: object[] } } }>(
        Policy,
        { name },
      );
      return status?.typeChecking;
    });

  describe('of Remediations', () => {
    before(async () => {
      for (const name of ['approve', 'quorum', 'wishes', 'status'])
        await as(operator).create(Remediation, remediation(name));
    });

    it('lets only the operator make one', () =>
      refused(as('alice').create(Remediation, remediation('mine')), 'made by the operator only', 'you are alice'));

    it('lets people decide for themselves, once, and keep what others decided', async () => {
      await refused(add('alice', 'approve', 'bob'), 'everybody decides for themselves', 'add one entry with by: alice');
      await add('alice', 'approve', 'alice');
      await refused(add('alice', 'approve', 'alice', 'Denied'), 'Duplicate');
      await refused(add('alice', 'approve', 'alice2'), 'everybody decides for themselves');
      await refused(set('bob', Remediation, 'approve', { approvals: [{ by: 'bob', decision: 'Approved' }] }), 'others');
      const both = await add('bob', 'approve', 'bob', 'Denied');
      expect(both).to.have.nested.property('spec.approvals').with.length(2);
      await refused(
        set('bob', Remediation, 'approve', {
          approvals: [
            { by: 'alice', decision: 'Denied' },
            { by: 'bob', decision: 'Denied' },
          ],
        }),
        'cannot be changed',
      );
    });

    it('lets the first approve with one merge patch', () =>
      set('alice', Remediation, 'quorum', { approvals: [{ by: 'alice', decision: 'Approved', note: 'go' }] }));

    it('lets the operator approve nothing', () => refused(add(operator, 'quorum', operator), 'gives none'));

    for (const field of ['undoRequested', 'cancelRequested'])
      it(`takes ${field} in one’s own name only, and back from whoever asked`, async () => {
        const wish = (user: string, by: string) => set(user, Remediation, 'wishes', { [field]: { by, reason: 'why' } });
        await refused(wish('alice', 'bob'), `spec.${field}`, 'you are alice');
        await refused(wish('alice', 'homeostat'), `spec.${field}`);
        await wish('alice', 'alice');
        await refused(wish('bob', 'bob'), 'only they take it back', 'you are bob');
        await refused(set('bob', Remediation, 'wishes', { [field]: null }), 'only they take it back');
        await set('bob', Remediation, 'wishes', { approvals: [{ by: 'bob', decision: 'Approved' }] });
        await set('alice', Remediation, 'wishes', { [field]: null });
        await wish(operator, 'homeostat');
      });

    it('lets only the operator write what was done', async () => {
      const write = (user: string): Promise<KubeObject> => {
        const patch: Patch = { type: 'merge', body: { status: { steps: [] } } };
        return as(user).patch(Remediation, { name: 'status', namespace: open }, patch, { subresource: 'status' });
      };
      await refused(write('alice'), 'status is written by the operator only', 'you are alice');
      await write(operator);
    });
  });

  it('takes a verdict on an Incident, and an acknowledgement, in one’s own name only', async () => {
    await refused(as('alice').create(Incident, put(valid.Incident('mine'), open)), 'made by the operator only');
    const plain = { verdict: undefined, acknowledged: undefined };
    await as(operator).create(Incident, put(valid.Incident('trouble'), open, plain));
    await refused(set('alice', Incident, 'trouble', { verdict: 'FalsePositive' }), 'set spec.verdictBy');
    await refused(set('alice', Incident, 'trouble', { verdict: 'FalsePositive', verdictBy: 'bob' }), 'you are alice');
    await set('alice', Incident, 'trouble', { verdict: 'FalsePositive', verdictBy: 'alice' });
    await refused(set('bob', Incident, 'trouble', { verdict: 'TruePositive' }), 'you are bob');
    await set('bob', Incident, 'trouble', { verdict: 'TruePositive', verdictBy: 'bob' });
    await refused(set('alice', Incident, 'trouble', { acknowledged: { by: 'bob' } }), 'spec.acknowledged');
    await set('alice', Incident, 'trouble', { acknowledged: { by: 'alice' } });
    await set('bob', Incident, 'trouble', { acknowledged: { by: 'bob' } });
  });

  it('lets only members of the groups write plans that act unasked', async () => {
    const plan = (name: string, mode: string) => put(valid.RemediationPlan(name), open, { mode });
    await refused(
      as('alice').create(RemediationPlan, plan('enforce', 'Enforce')),
      'members of sre, on-call only',
      'alice',
    );
    await as('alice').create(RemediationPlan, plan('enforce', 'Approve'));
    await refused(set('alice', RemediationPlan, 'enforce', { mode: 'Enforce' }), 'use mode Approve');
    await kubectl(
      '--as=carol',
      '--as-group=on-call',
      'patch',
      'rplan',
      'enforce',
      '-n',
      open,
      '--type=merge',
      '-p',
      '{"spec":{"mode":"Enforce"}}',
    );
    await refused(set('alice', RemediationPlan, 'enforce', { historyLimit: 3 }), 'members of sre, on-call only');
    const labels: Patch = { type: 'merge', body: { metadata: { labels: { team: 'a' } } } };
    await as('alice').patch(RemediationPlan, { name: 'enforce', namespace: open }, labels);
    await set('alice', RemediationPlan, 'enforce', { mode: 'Observe' });
  });

  it('keeps everything in a protected namespace from being changed', async () => {
    const plan = (mode: string) => put(valid.RemediationPlan('here'), shut, { mode });
    await refused(as('alice').create(RemediationPlan, plan('Approve')), 'is protected', 'Observe or DryRun');
    await as('alice').create(RemediationPlan, plan('DryRun'));
    const name = { name: 'kept', namespace: shut };
    const patch: Patch = { type: 'merge', body: { data: { a: 'b' } } };
    await as('alice').create(ConfigMap, { metadata: name });
    await refused(as(operator).patch(ConfigMap, name, patch), 'is protected');
    await refused(as(operator).delete(ConfigMap, name), 'is protected');
    await refused(as('bob').patch(ConfigMap, name, patch, { fieldManager: 'homeostat/restart-4f1d' }), 'is protected');
    await as('bob').patch(ConfigMap, name, patch, { fieldManager: 'kubectl' });
    await as(operator).create(ConfigMap, { metadata: { name: 'open', namespace: open } });
    await as(operator).create(Incident, put(valid.Incident('own'), shut));
  });
});

/** The binding, in these namespaces only; one that selects some already keeps its own. */
function boundTo(namespaces: readonly string[], binding: KubeObject): KubeObject {
  const { spec } = binding as KubeObject & { spec: { matchResources?: object } };
  const namespaceSelector = {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }],
  };
  return { ...binding, spec: { matchResources: { namespaceSelector }, ...spec } } as KubeObject;
}

const kubectl = (...args: string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile('kubectl', args, (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve()));
  });
