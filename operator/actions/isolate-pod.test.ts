import { expect } from 'chai';
import type { KubeObject } from '../kube/api.ts';
import { controllerReference, pod, replicaSet } from '../testing/fixtures.ts';
import type { Target } from './action.ts';
import { Pod, ReplicaSet, Service, StatefulSet } from './resources.ts';
import { selects } from './selects.ts';
import { live, planOf, podTarget, short } from './testing.ts';

const labels = { app: 'web', tier: 'front', 'pod-template-hash': 'abc' };
const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', 'web-abc', 'rs')];
const web = (meta: object = {}) => pod({ uid: 'p', labels, ownerReferences, ...meta });
const service = (name: string, selector?: object): KubeObject =>
  ({ metadata: { name }, spec: { selector } }) as KubeObject;
const matching = (matchLabels: Record<string, string>) =>
  replicaSet({ name: 'web-abc', uid: 'rs' }, { selector: { matchLabels } });
const own = matching({ app: 'web', 'pod-template-hash': 'abc' });
const swap = (key: string, from: string) => `/metadata/labels/${key}: "${from}" -> "isolated"`;
const mark = '/metadata/labels/homeostat.dev~1isolated: absent -> "true"';

describe('isolatePod', () => {
  const plan = (
    services: KubeObject[],
    fromController: boolean,
    object = web(),
    set = own,
    target: Target = podTarget(),
  ) =>
    planOf({ isolatePod: { fromController } }, target, live([Pod, object], [Service, services], [ReplicaSet, [set]]));

  const cases: [what: string, found: ReturnType<typeof plan>, expected: string | string[]][] = [
    [
      'leaves a Service by a label that its controller does not select by, and stays with that',
      plan([service('web', { app: 'web', tier: 'front' })], false),
      [swap('tier', 'front'), mark],
    ],
    [
      'cannot leave a Service and stay when both select by the same',
      plan([service('web', { app: 'web' })], false),
      'Refused SelectedByController',
    ],
    ['leaves both by one label', plan([service('web', { app: 'web' })], true), [swap('app', 'web'), mark]],
    [
      'leaves every Service, by as many labels as that takes',
      plan([service('a', { app: 'web' }), service('b', { tier: 'front' }), service('c', { app: 'other' })], true),
      [swap('app', 'web'), swap('tier', 'front'), mark],
    ],
    ['leaves its controller alone by what only that knows', plan([], true), [swap('pod-template-hash', 'abc'), mark]],
    [
      'has nothing to do where no Service selects it',
      plan([service('none'), service('c', { app: 'other' })], false),
      'Nothing',
    ],
    [
      'refuses a static pod',
      plan([], true, web({ annotations: { 'kubernetes.io/config.mirror': 'x' } })),
      'Refused StaticPod',
    ],
    [
      'refuses to leave a StatefulSet',
      plan(
        [service('web', { app: 'web' })],
        true,
        web({ ownerReferences: [controllerReference('apps/v1', 'StatefulSet', 'web', 'w')] }),
      ),
      'Refused NameTaken',
    ],
    [
      'refuses what would still be selected',
      plan([service('web', { app: 'isolated' })], true, web({ labels: { ...labels, app: 'isolated' } })),
      'Refused StillSelected',
    ],
    [
      'refuses when the controller cannot be found',
      plan([service('web', { app: 'web' })], false, web(), replicaSet({ name: 'other', uid: 'other' })),
      'Refused ControllerUnknown',
    ],
  ];
  for (const [what, found, expected] of cases)
    it(what, () => {
      expect(short(found), 'message' in found ? found.message : '').to.deep.equal(expected);
    });

  it('leaves a Service and stays with a StatefulSet', () => {
    const object = web({ ownerReferences: [controllerReference('apps/v1', 'StatefulSet', 'web', 'w')] });
    const set: KubeObject = { ...matching({ app: 'web' }), metadata: { name: 'web', namespace: 'shop', uid: 'w' } };
    const world = live([Pod, object], [Service, [service('web', { tier: 'front' })]], [StatefulSet, set]);
    const found = planOf({ isolatePod: { fromController: false } }, podTarget('StatefulSet'), world);
    expect(short(found)).to.deep.equal([swap('tier', 'front'), mark]);
  });

  it('knows nothing where it cannot read the Services', () => {
    const world = live([Pod, web()], [Service, 'Unreadable'], [ReplicaSet, [own]]);
    expect(planOf({ isolatePod: { fromController: true } }, podTarget(), world).is).to.equal('Unreadable');
  });

  it('says how', () => {
    expect(plan([service('web', { app: 'web' })], true)).to.deep.include({
      message: 'take Pod shop/web-1 out of Service web, ReplicaSet web-abc by its labels: app=isolated instead of web',
    });
    expect(plan([service('web', { app: 'web' })], false).message).to.include(
      'with fromController: true it leaves both',
    );
  });
});

describe('selectors', () => {
  const cases: [selector: object, holds: boolean][] = [
    [{}, true],
    [{ matchLabels: { a: '1' } }, true],
    [{ matchLabels: { a: '2' } }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }] }, true],
    [{ matchExpressions: [{ key: 'b', operator: 'In', values: ['1'] }] }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, false],
    [{ matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['1'] }] }, true],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['0'] }] }, true],
  ];
  for (const [selector, holds] of cases)
    it(`${JSON.stringify(selector)} ${holds ? 'holds' : 'does not hold'}`, () => {
      expect(selects(selector, { a: '1' })).to.equal(holds);
    });
});
