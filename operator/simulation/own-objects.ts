import type { KindName } from '../../crds/kinds.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { DetectionPolicy, Guardrail, RemediationPlan } from '../kube/resources.ts';
import type { ApiServer } from '../testing/api-server.ts';
import { completed } from './completed.ts';
import type { Scenario } from './scenario.ts';
import type { JudgingPolicy } from './verdicts.ts';

/** What people have written before the operator starts; answers the policies as the engine knows them. */
export function seedOwnObjects(server: ApiServer, { policies, plans, guardrails }: Scenario): JudgingPolicy[] {
  const seed = (resource: Resource, name: string, namespace: string, spec: object): KubeObject => {
    const { kind } = resource;
    const object = { apiVersion: 'homeostat.dev/v1alpha1', kind, metadata: { name, namespace }, spec };
    const made = completed(kind as KindName, object);
    const [first] = made.problems;
    if (first !== undefined) throw new TypeError(`${kind} ${name} of the scenario: ${first.path} ${first.message}`);
    return server.seed(resource, made.object);
  };
  for (const { name, namespace, spec } of plans) seed(RemediationPlan, name, namespace, spec);
  for (const { name, namespace, spec } of guardrails) seed(Guardrail, name, namespace, spec);
  return policies.map(({ name, namespace, kind, plan, mode }) => {
    const metric = kind === 'Node' ? 'k8s.node.kubelet.probe.failures' : 'k8s.container.memory.working_set';
    const signals = [{ name: 'silent', metric, detect: { threshold: { above: '2' } } }];
    const { metadata } = seed(DetectionPolicy, name, namespace, {
      target: { kind },
      mode,
      signals,
      when: 'silent.firing',
      routes: [{ to: 'Remediate', plan }],
    });
    return { uid: metadata.uid ?? '', kind, namespace };
  });
}
