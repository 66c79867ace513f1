import { isOperator, me, ours, type AdmissionPolicy, type Parameters } from './policy.ts';

/** The record is the operator's: nobody else writes what was done, or there is no telling what undo would put back. */
export const records = (parameters: Parameters): AdmissionPolicy => ({
  name: 'records',
  matchConstraints: {
    resourceRules: [
      ours(
        ['UPDATE'],
        'detectionpolicies/status',
        'remediationplans/status',
        'guardrails/status',
        'incidents/status',
        'remediations/status',
      ),
    ],
  },
  validations: [
    {
      expression: isOperator(parameters),
      messageExpression: `'status is written by the operator only: you are ' + ${me} + '; say what you want in spec'`,
    },
  ],
});
