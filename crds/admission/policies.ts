import { plans } from './plans.ts';
import { celList, type AdmissionPolicy, type Parameters } from './policy.ts';
import { protectedNamespaces } from './protected.ts';
import { records } from './records.ts';
import { incidentWishes, remediationWishes } from './wishes.ts';

/** Every policy, in the order of the docs. */
export const admissionPolicies = (parameters: Parameters): readonly AdmissionPolicy[] =>
  [remediationWishes, incidentWishes, records, plans, protectedNamespaces].map((policy) => policy(parameters));

/** What is protected when nothing is said. */
export const defaultProtected: readonly string[] = ['kube-system'];

/** As the chart has them by default, for a release `homeostat` in namespace `homeostat-system`. */
export const defaultParameters: Parameters = {
  operators: celList(['system:serviceaccount:homeostat-system:homeostat-operator']),
  enforceGroups: celList([]),
  protectedNamespaces: celList(defaultProtected),
};

/** Marks that the chart replaces by such lists. */
export const chartParameters: Parameters = {
  operators: '@operators@',
  enforceGroups: '@enforceGroups@',
  protectedNamespaces: '@protectedNamespaces@',
};
