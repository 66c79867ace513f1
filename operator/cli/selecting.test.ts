import { expect } from 'chai';
import type { DetectionPolicySpec } from '../../crds/detection-policy.ts';
import { validPolicy } from '../../crds/testing/valid.ts';
import { isAbout, selectionOf, type Subject } from './selecting.ts';

const root = 'homeostat-system';
const pod: Subject = {
  kind: 'Pod',
  namespace: 'shop',
  name: 'cart-7f9c',
  labels: { app: 'cart', tier: 'web' },
  namespaceLabels: { team: 'shop' },
  containers: ['main', 'proxy'],
};
const policyOf = (target: Partial<DetectionPolicySpec['target']>, namespace = 'shop') => ({
  ...validPolicy(),
  metadata: { name: 'p', namespace },
  spec: { ...validPolicy().spec, target: { kind: 'Pod' as const, warmupSeconds: 0, ...target } },
});

describe('which policies watch something', () => {
  const about: [kind: DetectionPolicySpec['target']['kind'], namespace: string, subject: Subject, expected: boolean][] =
    [
      ['Pod', 'shop', pod, true],
      ['Container', 'shop', pod, true],
      ['Pod', root, pod, true],
      ['Pod', 'other', pod, false],
      ['Workload', 'shop', pod, false],
      ['Node', root, pod, false],
      ['Node', root, { ...pod, kind: 'Node', namespace: undefined }, true],
      ['Node', 'shop', { ...pod, kind: 'Node', namespace: undefined }, false],
      ['Workload', 'shop', { ...pod, kind: 'Workload' }, true],
    ];
  for (const [kind, namespace, subject, expected] of about) {
    it(`one for ${kind} in ${namespace} is ${expected ? '' : 'not '}about a ${subject.kind}`, () => {
      expect(isAbout(policyOf({ kind }, namespace), subject, root)).to.equal(expected);
    });
  }

  const selections: [
    target: Partial<DetectionPolicySpec['target']>,
    namespace: string,
    subject: Partial<Subject>,
    is: boolean | undefined,
    why: string,
  ][] = [
    [{}, 'shop', {}, true, 'as a Pod'],
    [{ selector: { matchLabels: { app: 'cart' } } }, 'shop', {}, true, 'as a Pod, by app=cart'],
    [{ selector: { matchLabels: { app: 'till' } } }, 'shop', {}, false, 'its labels do not match app=till'],
    [
      {
        selector: {
          matchExpressions: [
            { key: 'tier', operator: 'NotIn', values: ['web'] },
            { key: 'x', operator: 'DoesNotExist' },
          ],
        },
      },
      'shop',
      {},
      false,
      'its labels do not match tier notin (web), !x',
    ],
    [{ kind: 'Container', container: 'main' }, 'shop', {}, true, 'as a Container main'],
    [{ kind: 'Container', container: 'till' }, 'shop', {}, false, 'it has no container till (it has: main, proxy)'],
    [
      { namespaceSelector: { matchLabels: { team: 'bank' } } },
      root,
      {},
      false,
      'the labels of its namespace do not match team=bank',
    ],
    [
      { namespaceSelector: { matchLabels: { team: 'bank' } } },
      root,
      { namespaceLabels: undefined },
      undefined,
      'the labels of its namespace are not known',
    ],
    [{}, 'shop', { labels: undefined }, undefined, 'it does not exist any more, so its labels are not known'],
  ];
  for (const [target, namespace, subject, isSelected, why] of selections) {
    it(why, () => {
      const found = selectionOf(policyOf(target, namespace), { ...pod, ...subject }, root);
      expect([found.isSelected, found.why]).to.deep.equal([isSelected, why]);
    });
  }
});
