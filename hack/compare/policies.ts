import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { annotationOf, writtenKind } from './systems.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly target?: { readonly kind: string } };
}

/** Kinds of targets in the words of `annotate`. */
const subjectOf: Readonly<Record<string, string>> = {
  Node: 'Node',
  Pod: 'Pod',
  Container: 'Pod',
  Workload: 'Workload',
};

/**
 * The pair of `crds/examples/NAME.yaml` as manifests: the policy as it is, and a plan of its name that annotates what the
 * policy is about, in place of what would end the fault before others have seen it.
 */
export const markingExample = (name: string): string => {
  const manifests = parseAllDocuments(readFileSync(`crds/examples/${name}.yaml`, 'utf8')).map(
    (document) => document.toJS() as Manifest,
  );
  const policy = manifests.find(({ kind }) => kind === 'DetectionPolicy');
  const of = subjectOf[policy?.spec.target?.kind ?? ''];
  if (of === undefined) throw new Error(`crds/examples/${name}.yaml has no policy with a known target`);
  return manifests
    .map((manifest) => stringify(manifest.kind === 'RemediationPlan' ? marking(manifest, of) : manifest))
    .join('---\n');
};

const marking = (plan: Manifest, of: string): object => ({
  ...plan,
  spec: {
    mode: 'Enforce',
    steps: [
      { name: 'mark', action: { annotate: { of, set: { [annotationOf('homeostat', plan.metadata.name)]: 'seen' } } } },
    ],
    verify: { stabilizationSeconds: 10, timeoutSeconds: 600, onFailure: 'Keep' },
    guards: { maxConcurrent: 100 },
  },
});

/** The examples that watch what is healthy: those that are compared, and others that people apply beside them. */
export const watchingExamples = [
  ...Object.keys(writtenKind).filter((name) => name !== 'hung-kubelet'),
  'child-oom',
  'odd-replica',
] as const;
