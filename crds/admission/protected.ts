import { isOperator, type AdmissionPolicy, type Parameters } from './policy.ts';

const everything = {
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  resources: ['*/*'],
  scope: 'Namespaced',
} as const;

/** Every write of a plan's account carries the Remediation's name as its field manager; a deletion carries none. */
const isForRemediation =
  "request.operation != 'DELETE' && has(request.options.fieldManager) && request.options.fieldManager.startsWith('homeostat/')";

/**
 * Nothing in a protected namespace is changed by the operator, or in the name of a Remediation: what its own guard
 * `protected` promises, kept by the API server even if the operator were wrong.
 */
export const protectedNamespaces = (parameters: Parameters): AdmissionPolicy => ({
  name: 'protected',
  matchConstraints: {
    resourceRules: [everything],
    // What it writes of its own: incidents of policies that watch there, events, its lease.
    excludeResourceRules: [{ ...everything, apiGroups: ['homeostat.dev', 'events.k8s.io', 'coordination.k8s.io'] }],
  },
  matchConditions: [{ name: 'for-a-remediation', expression: `${isOperator(parameters)} || (${isForRemediation})` }],
  validations: [
    {
      expression: 'false',
      messageExpression: "'namespace ' + request.namespace + ' is protected: homeostat changes nothing in it'",
    },
  ],
  onlyProtectedNamespaces: true,
});
