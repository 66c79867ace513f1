import { expect } from 'chai';
import type { KubeObject } from '../kube/api.ts';
import { deployment, pod } from '../testing/fixtures.ts';
import type { Change } from './action.ts';
import { actionOf } from './registry.ts';
import { Deployment, Pod } from './resources.ts';
import { live, planOf, podTarget, short, workloadTarget } from './testing.ts';

const resources = { requests: { memory: '32Mi' }, limits: { memory: '1Gi' } };
const app = { name: 'app', image: 'web:1', resources };

/** A pod with these resources by its status; without, its kubelet cannot change them in place. */
function running(given?: object, conditions: object[] = []): KubeObject {
  const made = pod({ uid: 'p' }, { containers: [app] });
  const status = { containerStatuses: [{ name: 'app', ...(given && { resources: given }) }], conditions };
  return { ...made, status } as KubeObject;
}
const web = (containers: object[] = [app], spec: object = {}) =>
  deployment({ uid: 'w' }, { template: { spec: { containers } }, ...spec });

const inPlace = '/spec/containers/[name=app]/resources';
const inTemplate = '/spec/template/spec/containers/[name=app]/resources';
const more = { setResources: { limits: { memory: '2Gi' } } };

describe('setResources', () => {
  const onPods: [what: string, action: object, object: KubeObject, expected: string | string[]][] = [
    [
      'changes a pod in place where that is served',
      more.setResources,
      running(resources),
      [`${inPlace}/limits/memory: "1Gi" -> "2Gi"`],
    ],
    [
      'changes the template where it is not',
      more.setResources,
      running(),
      [`${inTemplate}/limits/memory: "1Gi" -> "2Gi"`],
    ],
    [
      'adds nothing in place, because it could not be taken away',
      { limits: { cpu: '1' } },
      running(resources),
      'Refused CouldNotBeUndone',
    ],
    ['sees the same amount in other words', { limits: { memory: '1024Mi' } }, running(resources), 'Nothing'],
    [
      'refuses a container that is not there',
      { container: 'proxy', limits: { cpu: '1' } },
      running(resources),
      'Refused NoSuchContainer',
    ],
  ];
  for (const [what, setResources, object, expected] of onPods)
    it(what, () => {
      const found = planOf({ setResources }, podTarget(), live([Pod, object], [Deployment, web()]));
      expect(short(found), 'message' in found ? found.message : '').to.deep.equal(expected);
    });

  const onWorkloads: [what: string, action: object, object: KubeObject, expected: string | string[]][] = [
    ['adds an amount to a template', { limits: { cpu: '1' } }, web(), [`${inTemplate}/limits/cpu: absent -> "1"`]],
    [
      'asks which container is meant',
      { limits: { cpu: '1' } },
      web([app, { name: 'proxy' }]),
      'Refused NoSuchContainer',
    ],
    [
      'refuses a rollout that would not follow',
      { limits: { cpu: '1' } },
      web([app], { paused: true }),
      'Refused RolloutPaused',
    ],
  ];
  for (const [what, setResources, object, expected] of onWorkloads)
    it(what, () => {
      expect(short(planOf({ setResources }, workloadTarget(), live([Deployment, object])))).to.deep.equal(expected);
    });

  it('tells everything that the container had', () => {
    const found = planOf(more, podTarget(), live([Pod, running(resources)]));
    expect(found.message).to.equal(
      `set limits.memory from 1Gi to 2Gi of container app of Pod shop/web-1; all it had: ${JSON.stringify(resources)}`,
    );
  });

  it('asks for what kind of target needs: no pods for a Workload', () => {
    const asked = actionOf(more)
      .needs(['Workload'])
      .map(({ resource, subresource }) => `${resource}/${subresource ?? ''}`);
    expect(asked).to.include('deployments/').and.not.include('pods/resize');
    expect(actionOf(more).needs(['Pod'])).to.deep.include({
      verb: 'patch',
      group: '',
      resource: 'pods',
      subresource: 'resize',
    });
  });

  const change: Change = {
    object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'p' },
    path: `${inPlace}/limits/memory`,
    subresource: 'resize',
    from: '"512Mi"',
    to: '"1024Mi"',
  };
  const context = { target: podTarget(), manager: 'homeostat/shop/fix-1', nowMs: 0 };

  it('knows its own amount in the words of the API server', () => {
    const owned = running(resources);
    const fieldsV1 = {
      'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:resources': { 'f:limits': { 'f:memory': {} } } } } },
    };
    owned.metadata.managedFields = [{ manager: context.manager, operation: 'Update', subresource: 'resize', fieldsV1 }];
    expect(actionOf(more).inspect(change, live([Pod, owned]), context).is).to.equal('Ours');
  });

  it('is seen when the kubelet has given it, and says what it waits for', () => {
    const pending = { type: 'PodResizePending', status: 'True', reason: 'Infeasible', message: 'node has 1Gi' };
    const effect = (object: KubeObject) => actionOf(more).effect([change], live([Pod, object]), context);
    expect(effect(running(resources)).is).to.equal('Done');
    expect(effect(running({ limits: { memory: '512Mi' } }, [pending]))).to.deep.equal({
      is: 'Pending',
      message: 'the kubelet has not given them yet: PodResizePending, "Infeasible", "node has 1Gi"',
    });
  });
});
