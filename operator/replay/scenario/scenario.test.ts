import { expect } from 'chai';
import { UnusableError } from '../unusable.ts';
import { policyOf } from './policy.ts';
import { runScenario } from './run.ts';
import { ScenarioError, scenarioOf } from './scenario.ts';

const metric = 'k8s.container.memory.limit_utilization';
const signals = [{ name: 'high', metric, detect: { threshold: { above: '90%' } } }];
const valid = {
  name: 'full',
  policy: { target: { kind: 'Container' }, signals, clearForSeconds: 0 },
  series: [{ of: 'container a/app', metric, values: '0.5x3 0.95x3 0.1' }],
  fires: ['3s a/app'],
};
const root = 'homeostat-system';

/** What is told of a scenario that is `valid` but for some fields; undefined = absent. */
const told = (changed: object): readonly string[] => {
  const fields = Object.entries({ ...valid, ...changed }).filter(([, value]) => value !== undefined);
  const scenario = scenarioOf(Object.fromEntries(fields));
  return runScenario(
    scenario,
    policyOf(scenario, () => [], root),
    root,
  ).told;
};

describe('a scenario', () => {
  it('tells when its targets begin to fire, or every change', () => {
    expect(told({})).to.deep.equal(['3s a/app fires']);
    expect(told({ fires: undefined, verdicts: [] })).to.deep.equal([
      '3s a/app Inactive > Firing',
      '6s a/app Firing > Inactive',
    ]);
  });

  it('may have values at other intervals', () => {
    expect(told({ intervalSeconds: 10 })).to.deep.equal(['30s a/app fires']);
    expect(told({ intervalSeconds: 0.5 })).to.deep.equal(['1.5s a/app fires']);
  });

  it('goes on after the last value, so that silence can be told', () => {
    const silent = { signals: [{ name: 'silent', metric, detect: { absence: { forSeconds: 5 } } }] };
    const policy = { target: { kind: 'Container' }, ...silent };
    expect(told({ policy, series: [{ of: 'container a/app', metric, values: '0x3' }] })).to.deep.equal([]);
    const longer = { policy, series: [{ of: 'container a/app', metric, values: '0x3' }], untilSeconds: 20 };
    expect(told(longer)).to.deep.equal(['7s a/app fires']);
  });

  it('judges those that the policy selects', () => {
    const target = { kind: 'Container', selector: { matchLabels: { app: 'cart' } } };
    const policy = { ...valid.policy, target };
    expect(told({ policy })).to.deep.equal([]);
    expect(told({ policy, objects: { 'pod a': { labels: { app: 'cart' } } } })).to.deep.equal(['3s a/app fires']);
    const elsewhere = { ...valid.policy, target: { ...target, namespaceSelector: { matchLabels: { team: 'x' } } } };
    const objects = { 'pod a': { labels: { app: 'cart' }, namespace: 'shop' } };
    expect(told({ policy: elsewhere, objects })).to.deep.equal([]);
    const named = { ...objects, 'namespace shop': { labels: { team: 'x' } } };
    expect(told({ policy: elsewhere, objects: named })).to.deep.equal(['3s a/app fires']);
  });

  it('pools pods by their workloads, on whichever nodes they run', () => {
    const policy = { ...valid.policy, target: { kind: 'Workload' } };
    const series = ['a', 'b', 'c'].map((name) => ({ of: `container ${name}/app`, metric, values: '0.95x3' }));
    const objects = { 'pod b': { workload: 'cart', node: 'n2' }, 'pod c': { workload: 'cart', node: 'n3' } };
    expect(told({ policy, series, objects })).to.deep.equal(['0s web fires', '0s cart fires']);
  });

  it('takes the policy from a file, by name where there are several', () => {
    const one = { apiVersion: 'homeostat.dev/v1alpha1', kind: 'DetectionPolicy', metadata: { name: 'one' }, spec: {} };
    const two = { ...one, metadata: { name: 'two', namespace: 'shop' } };
    const documents = () => [one, { kind: 'RemediationPlan' }, two];
    expect(policyOf({ policy: { file: 'f', name: 'two' } }, documents, root).metadata).to.deep.equal(two.metadata);
    expect(policyOf({ policy: 'f' }, () => [one], root).metadata.namespace).to.equal(root);
    expect(() => policyOf({ policy: 'f' }, documents, root)).to.throw(ScenarioError, /several policies/);
    expect(() => policyOf({ policy: 'f' }, () => [], root)).to.throw(ScenarioError, /f has no DetectionPolicy/);
  });

  const wrong: [what: string, document: object, says: RegExp][] = [
    ['no name', { name: undefined }, /the scenario: name is required/],
    ['an unknown field', { seris: [] }, /there is no field seris; there are name, policy/],
    ['a number for values', { series: [{ of: 'pod a', metric, values: 385 }] }, /series\[0\]: values .*0x10/],
    ['nothing expected', { fires: undefined }, /verdicts or fires is required/],
    ['no time', { intervalSeconds: 0 }, /intervalSeconds must be greater than 0/],
    ['an unknown metric', { series: [{ of: 'pod a', metric: 'm', values: '1' }] }, /series\[0\]\.metric: there is no/],
    ['an unknown thing', { series: [{ of: 'disk a', metric, values: '1' }] }, /series\[0\]: "disk a" is nothing/],
    ['a container without a name', { series: [{ of: 'container a', metric, values: '1' }] }, /"container a"/],
    ['a wrong word', { series: [{ of: 'pod a', metric, values: 'x' }] }, /series\[0\]: "x" stands for no values/],
    ['a label list', { objects: { 'pod a': { labels: [] } } }, /objects\["pod a"\]: labels must be an object/],
  ];
  for (const [what, document, says] of wrong)
    it(`names the field that is wrong: ${what}`, () => {
      expect(() => told(document)).to.throw(ScenarioError, says);
    });

  it('refuses a policy that cannot be used', () => {
    expect(() => told({ policy: { ...valid.policy, when: 'hig.firing' } })).to.throw(UnusableError, /spec\.when/);
  });
});
