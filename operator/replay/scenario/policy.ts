import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { ScenarioError, type ScenarioSpec } from './scenario.ts';

/**
 * The policy that a scenario is about. `documents` reads the YAML documents of a file, named as the scenario names it.
 * One without a namespace is taken for one of the root namespace, which reaches everything. Throws a ScenarioError.
 */
export function policyOf(
  { policy }: Pick<ScenarioSpec, 'policy'>,
  documents: (file: string) => readonly unknown[],
  rootNamespace: string,
): DetectionPolicy {
  const { file, name } = (typeof policy === 'string' ? { file: policy } : policy) as { file?: string; name?: string };
  if (file === undefined)
    return {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'DetectionPolicy',
      metadata: { name: 'policy', namespace: rootNamespace },
      // What a scenario is about is not where a verdict leads.
      spec: { routes: [{ to: 'Incident' }], ...(policy as object) } as DetectionPolicy['spec'],
    };
  const found = documents(file).filter(
    (document): document is DetectionPolicy =>
      (document as { kind?: string } | null)?.kind === 'DetectionPolicy' &&
      (name === undefined || (document as DetectionPolicy).metadata.name === name),
  );
  const [one, another] = found;
  if (one === undefined)
    throw new ScenarioError(`policy: ${file} has no DetectionPolicy${name === undefined ? '' : ` ${name}`}`);
  if (another !== undefined)
    throw new ScenarioError(`policy: ${file} has several policies: say which one, as in {file: ${file}, name: NAME}`);
  return { ...one, metadata: { namespace: rootNamespace, ...one.metadata } };
}
