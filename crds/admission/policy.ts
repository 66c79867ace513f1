/**
 * What the API server itself refuses, whoever asks: ValidatingAdmissionPolicies. RBAC knows who may write an object, not
 * what is written; these say whose name may stand where. What differs between installations is written into the
 * expressions: a parameter object that is a ConfigMap is not found again after it was created anew together with its
 * policies (kubernetes/kubernetes#133827), and then everything is refused, or nothing.
 */

/** What differs between installations, each a list in CEL such as `['sre', 'on-call']`. */
export interface Parameters {
  /** The users that are the operator. */
  readonly operators: string;
  /** Members of these groups may write plans that enforce; an empty list: everybody. */
  readonly enforceGroups: string;
  /** Where nothing is changed. */
  readonly protectedNamespaces: string;
}

/** A list of names as CEL has it. Throws for a name with a quote or a backslash in it, which no name has. */
export function celList(names: readonly string[]): string {
  for (const name of names) if (/['"\\]/.test(name)) throw new TypeError(`${name} is no name`);
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}

interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  readonly resources: readonly string[];
  readonly scope?: 'Namespaced';
}

/** One policy, without what depends on the installation. */
export interface AdmissionPolicy {
  /** The end of its name, such as `wishes`. */
  readonly name: string;
  readonly matchConstraints: {
    readonly resourceRules: readonly ResourceRule[];
    readonly excludeResourceRules?: readonly ResourceRule[];
  };
  /** All must hold for the policy to be asked. */
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly messageExpression: string }[];
  /** It is only about the protected namespaces, and not there at all when there are none. */
  readonly onlyProtectedNamespaces?: true;
}

/** Who asks. */
export const me = 'request.userInfo.username';

/** Whether the operator asks. */
export const isOperator = ({ operators }: Parameters): string => `${me} in ${operators}`;

/** Creation and change, or only change, of some of our kinds. */
export const ours = (operations: ResourceRule['operations'], ...resources: string[]): ResourceRule => ({
  apiGroups: ['homeostat.dev'],
  apiVersions: ['*'],
  operations,
  resources,
});

/** The `spec` of a ValidatingAdmissionPolicy, as the API server takes it. */
export const specOf = ({ matchConstraints, matchConditions, variables, validations }: AdmissionPolicy) => ({
  // What cannot be checked is refused.
  failurePolicy: 'Fail',
  matchConstraints: { matchPolicy: 'Equivalent', ...matchConstraints },
  ...(matchConditions === undefined ? {} : { matchConditions }),
  ...(variables === undefined ? {} : { variables }),
  validations,
});

/** The whole objects: each policy and its binding. */
export function admissionObjects(
  policies: readonly AdmissionPolicy[],
  prefix: string,
  protectedNamespaces: readonly string[],
): object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const key = 'kubernetes.io/metadata.name';
  const namespaceSelector = { matchExpressions: [{ key, operator: 'In', values: protectedNamespaces }] };
  return policies.flatMap((policy) => {
    if (policy.onlyProtectedNamespaces && protectedNamespaces.length === 0) return [];
    const name = `${prefix}-${policy.name}`;
    const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'homeostat' } };
    const bound = policy.onlyProtectedNamespaces ? { matchResources: { namespaceSelector } } : {};
    return [
      { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec: specOf(policy) },
      {
        apiVersion,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: { policyName: name, validationActions: ['Deny'], ...bound },
      },
    ];
  });
}
