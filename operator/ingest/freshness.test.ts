import { expect } from 'chai';
import { whyUnknown, type FreshnessQuestion } from './freshness.ts';
import { newQuality } from './quality.ts';
import { startMs } from './testing.ts';

describe('whyUnknown', () => {
  const nowMs = startMs + 60_000;
  const heard = (secondsAgo: number) => ({
    ...newQuality(),
    lastStoredMs: nowMs - secondsAgo * 1000,
    lastReadMs: nowMs - secondsAgo * 1000,
  });
  const qualities = new Map([
    ['agent/node-1', heard(1)],
    ['state/node-1', heard(9)],
    ['state/', heard(42)],
    ['agent/node-2', heard(42)],
  ]);
  const cases: [name: string, question: Omit<FreshnessQuestion, 'staleAfterMs'>, answer: string | undefined][] = [
    ['all fresh', { target: { kind: 'Pod', node: 'node-1' }, producers: ['agent', 'state'] }, undefined],
    [
      'a silent agent',
      { target: { kind: 'Pod', node: 'node-2' }, producers: ['agent'] },
      'agent of node-2: no frame for 42 s',
    ],
    [
      'nobody has ever spoken of the node',
      { target: { kind: 'Node', node: 'node-3' }, producers: ['state'] },
      'state of node-3: no frame has ever arrived',
    ],
    ['a pod on no node', { target: { kind: 'Pod' }, producers: ['state'] }, 'state of the cluster: no frame for 42 s'],
    [
      'a workload, whose pods may be anywhere',
      { target: { kind: 'Workload' }, producers: ['agent'] },
      'agent of node-2: no frame for 42 s; agent of node-3: no frame has ever arrived; agent of node-4: no frame has ever arrived; and 1 more',
    ],
  ];
  for (const [name, question, answer] of cases) {
    it(name, () => {
      const facts = {
        quality: (key: string) => qualities.get(key),
        nowMs,
        nodes: () => ['node-1', 'node-2', 'node-3', 'node-4', 'node-5'],
      };
      expect(whyUnknown({ ...question, staleAfterMs: 15_000 }, facts)).to.equal(answer);
    });
  }
});
