import { stringify } from 'yaml';
import {
  admissionPolicies,
  chartParameters,
  defaultParameters,
  defaultProtected,
} from '../../crds/admission/policies.ts';
import { admissionObjects, specOf } from '../../crds/admission/policy.ts';
import { customResourceDefinition } from '../../crds/custom-resource.ts';
import { kinds } from '../../crds/kinds.ts';

const head = '# Generated from crds/*.ts by `make manifests`; do not edit.\n';

const print = (object: unknown): string => stringify(object, { lineWidth: 120, aliasDuplicateObjects: false });

/** The chart puts lists in single quotes into these texts, so they stand in double ones. */
const printQuoted = (object: unknown): string =>
  stringify(object, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });

/**
 * Path and text of each generated file: one a kind, `crds.yaml` with all of them, `admission.yaml` with what the API
 * server is to refuse, and those that the chart installs.
 */
export function manifests(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  let all = head;
  for (const definition of kinds) {
    const resource = customResourceDefinition(definition);
    const text = print(resource);
    // Uninstalling a release must not delete every policy and incident of the cluster.
    const metadata = { ...resource.metadata, annotations: { 'helm.sh/resource-policy': 'keep' } };
    files.set(`crds/manifests/${definition.plural}.yaml`, head + text);
    files.set(`charts/homeostat/files/crds/${definition.plural}.yaml`, head + print({ ...resource, metadata }));
    all += `---\n${text}`;
  }
  for (const policy of admissionPolicies(chartParameters))
    files.set(`charts/homeostat/files/admission/${policy.name}.yaml`, head + printQuoted(specOf(policy)));
  const admission = admissionObjects(admissionPolicies(defaultParameters), 'homeostat', defaultProtected);
  files.set('crds/manifests/admission.yaml', head + admission.map((object) => `---\n${print(object)}`).join(''));
  return files.set('crds/manifests/crds.yaml', all);
}
