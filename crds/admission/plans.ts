import { me, ours, type AdmissionPolicy, type Parameters } from './policy.ts';

const isEnforced = "object.spec.mode == 'Enforce'";
const isUnchanged = 'oldObject != null && object.spec == oldObject.spec';

/** Who may let plans act without asking anybody, and where no plan acts. */
export const plans = ({ enforceGroups, protectedNamespaces }: Parameters): AdmissionPolicy => ({
  name: 'plans',
  matchConstraints: { resourceRules: [ours(['CREATE', 'UPDATE'], 'remediationplans')] },
  validations: [
    {
      // A change of what an enforcing plan does is as much as setting the mode.
      expression: `${enforceGroups} == [] || !(${isEnforced}) || (${isUnchanged}) || request.userInfo.groups.exists(group, group in ${enforceGroups})`,
      messageExpression: `'spec.mode: a plan in mode Enforce is written by members of ' + ${enforceGroups}.join(', ') + ' only: you are ' + ${me} + '; use mode Approve, or ask one of them'`,
    },
    {
      expression: `object.spec.mode in ['Observe', 'DryRun'] || (${isUnchanged}) || !(request.namespace in ${protectedNamespaces})`,
      messageExpression:
        "'spec.mode: nothing is ever changed in namespace ' + request.namespace + ', which is protected: use mode Observe or DryRun'",
    },
  ],
});
