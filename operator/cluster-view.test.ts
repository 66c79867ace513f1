import { expect } from 'chai';
import type { DetectionPolicy } from '../crds/detection-policy.ts';
import type { Target } from '../engine/evaluate/target.ts';
import { whyUnknown } from './cluster-view.ts';

/** Of targets on these nodes, `silent` of which say nothing. */
function said(nodes: readonly (string | undefined)[], silent: readonly string[]): string | undefined {
  const targets = nodes.map((node, i): Target => {
    const target: Target = { kind: 'Pod', key: `${i}`, uid: `${i}`, namespace: 'shop', name: `${i}`, labels: {} };
    return node === undefined ? target : Object.assign(target, { node });
  });
  const spec = { signals: [{ metric: 'k8s.pod.memory.usage' }], staleAfterSeconds: 15 };
  return whyUnknown({ spec } as DetectionPolicy, targets, {
    whyUnknown: ({ target: { node = '' } }) => (silent.includes(node) ? `agent of ${node}: silent` : undefined),
  });
}

describe('why targets are unknown', () => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'];
  const cases: [name: string, nodes: (string | undefined)[], silent: string[], words: string | undefined][] = [
    ['one node', [a, a], [a], 'agent of a: silent'],
    ['the worst node first', [a, b, b], [a, b], 'agent of b: silent (2 targets); agent of a: silent (1 target)'],
    [
      'three nodes are named',
      [a, b, c, c, d, e],
      [a, b, c, d, e],
      'agent of c: silent (2 targets); agent of a: silent (1 target); agent of b: silent (1 target); and 2 other nodes',
    ],
    ['of those whose sources speak nothing is said', [a, a, b], [b], 'agent of b: silent (1 target)'],
    ['all speak', [a, undefined], [], undefined],
    ['no target', [], [], undefined],
  ];
  for (const [name, nodes, silent, words] of cases) it(name, () => expect(said(nodes, silent)).to.equal(words));
});
