/** What is judged of every container: three windows, three detectors. */
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { complete } from '../../../crds/validate.ts';

export const rootNamespace = 'homeostat-system';

const judging = (name: string, metric: string, aggregate: 'Mean' | 'Max', detect: object): DetectionPolicy => {
  const { object, problems } = complete('DetectionPolicy', {
    apiVersion: 'homeostat.dev/v1alpha1',
    kind: 'DetectionPolicy',
    metadata: { name, namespace: rootNamespace },
    spec: {
      target: { kind: 'Container' },
      severity: 'Warning',
      signals: [{ name, metric, window: { seconds: 60, aggregate }, detect }],
      routes: [{ to: 'Incident' }],
    },
  });
  if (problems.length > 0) throw new Error(`policy ${name}: ${JSON.stringify(problems)}`);
  return object as unknown as DetectionPolicy;
};

export const policies: readonly DetectionPolicy[] = [
  judging('throttled', 'k8s.container.cpu.throttled', 'Mean', { threshold: { above: '50%' } }),
  judging('memory', 'k8s.container.memory.limit_utilization', 'Mean', {
    forecast: { reaches: '100%', withinSeconds: 900 },
  }),
  judging('restless', 'k8s.container.cpu.limit_utilization', 'Max', {
    flapping: { changes: 6, withinSeconds: 300, level: '50%' },
  }),
];
