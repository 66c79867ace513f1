import { expect } from 'chai';
import type { Target, TargetKind } from '../../engine/evaluate/target.ts';
import { questionOf } from './question.ts';

const of = (kind: TargetKind, target: Partial<Target> = {}): Target => ({
  kind,
  key: 'k',
  uid: 'u',
  namespace: kind === 'Node' ? '' : 'shop',
  name: kind === 'Workload' ? 'cart' : 'cart-1',
  labels: {},
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'w' },
  ...target,
});
const app = of('Container', { container: 'app' });
const [cpu, kills, node] = ['k8s.container.cpu.usage', 'k8s.pod.oom_kills', 'system.cpu.utilization'] as const;

describe('What is asked of history about a signal', () => {
  const cases: [name: string, target: Target, metric: string, aggregate: string, asked: string | undefined][] = [
    ['a container', app, cpu, 'Mean', 'Deployment/shop/cart app'],
    ['a pod, of all its containers', of('Pod'), cpu, 'P95', 'Deployment/shop/cart *'],
    ['a workload', of('Workload'), cpu, 'Last', 'Deployment/shop/cart *'],
    ['a node', of('Node', { name: 'n1' }), node, 'Max', 'Node/n1 *'],
    ['a rate of a pod’s own counter', of('Pod'), kills, 'Rate', 'Deployment/shop/cart *'],
    ['not a rate of what several rows count', of('Workload'), kills, 'Rate', undefined],
    ['not an increase', of('Pod'), kills, 'Increase', undefined],
    ['not a slope', app, cpu, 'Slope', undefined],
    ['not a number of samples', app, cpu, 'Count', undefined],
    ['not a node by its containers', of('Node'), cpu, 'Mean', undefined],
    ['not a pod without a controller', of('Pod', { workload: undefined }), cpu, 'Mean', undefined],
    ['not a metric that nobody knows any more', app, 'gone', 'Mean', undefined],
  ];
  for (const [name, target, metric, aggregate, asked] of cases)
    it(name, () => {
      const question = questionOf(target, { metric, aggregate }, 5);
      expect(question && `${question.entity} ${question.container ?? '*'}`).to.equal(asked);
    });

  it('nothing without a time', () => {
    expect(questionOf(app, { metric: cpu, aggregate: 'Mean' }, NaN)).to.equal(undefined);
  });
});
