import { isOperator, me, ours, type AdmissionPolicy, type Parameters } from './policy.ts';

/** Nothing is said of these fields of `spec`. */
const unchanged = (...fields: readonly string[]): string =>
  fields
    .map((field) => [`object.spec.${field}`, `oldObject.spec.${field}`])
    .map(([now, old]) => `has(${now}) == has(${old}) && (!has(${now}) || ${now} == ${old})`)
    .join(' && ');

/** What stands in a field, if anything, is said in the name of who asks. */
const signed = (object: 'object' | 'oldObject', field: string, by: string): string =>
  `(!has(${object}.spec.${field}) || (has(${object}.spec.${by}) && ${object}.spec.${by} == variables.signature))`;

/** A wish: whoever has it says so, and only they take it back. */
const wish = (field: string) => ({
  expression: `request.operation == 'CREATE' || (${unchanged(field)}) || (${signed('object', field, `${field}.by`)} && ${signed('oldObject', field, `${field}.by`)})`,
  messageExpression: `'spec.${field} is a wish of whoever sets it, and only they take it back: you are ' + ${me} + '; set spec.${field}.by to that'`,
});

/** A statement: whoever changes it stands for it from then on. */
const statement = (field: string, by: string, ...fields: readonly string[]) => ({
  expression: `request.operation == 'CREATE' || (${unchanged(...fields)}) || ${signed('object', field, by)}`,
  messageExpression: `'spec.${field} is said in the name of whoever sets it: you are ' + ${me} + '; set spec.${by} to that'`,
});

const signature = (parameters: Parameters) => ({
  name: 'signature',
  // The operator signs what it asks for by itself with the name of the product.
  expression: `${isOperator(parameters)} ? 'homeostat' : ${me}`,
});

/** What people say to a Remediation is said in their own name; it is made by the operator only. */
export const remediationWishes = (parameters: Parameters): AdmissionPolicy => ({
  name: 'remediation-wishes',
  matchConstraints: { resourceRules: [ours(['CREATE', 'UPDATE'], 'remediations')] },
  variables: [
    signature(parameters),
    { name: 'approvals', expression: 'has(object.spec.approvals) ? object.spec.approvals : []' },
    {
      name: 'oldApprovals',
      expression: 'oldObject != null && has(oldObject.spec.approvals) ? oldObject.spec.approvals : []',
    },
  ],
  validations: [
    {
      expression: `request.operation != 'CREATE' || ${isOperator(parameters)}`,
      messageExpression: `'a Remediation is made by the operator only, from an Incident and a plan: you are ' + ${me} + '; write a RemediationPlan and name it in the routes of a DetectionPolicy'`,
    },
    {
      expression: `variables.approvals.all(now, variables.oldApprovals.exists(old, old.by == now.by) || now.by == ${me})`,
      messageExpression: `'spec.approvals: everybody decides for themselves: you are ' + ${me} + '; add one entry with by: ' + ${me}`,
    },
    {
      expression: `!(${isOperator(parameters)}) || variables.approvals.size() <= variables.oldApprovals.size()`,
      messageExpression: "'spec.approvals: the operator asks for approval and gives none'",
    },
    wish('undoRequested'),
    wish('cancelRequested'),
  ],
});

/** The same of an Incident: who looks after it, and who says whether the policy was right. */
export const incidentWishes = (parameters: Parameters): AdmissionPolicy => ({
  name: 'incident-wishes',
  matchConstraints: { resourceRules: [ours(['CREATE', 'UPDATE'], 'incidents')] },
  variables: [signature(parameters)],
  validations: [
    {
      expression: `request.operation != 'CREATE' || ${isOperator(parameters)}`,
      messageExpression: `'an Incident is made by the operator only, from a verdict: you are ' + ${me}`,
    },
    statement('acknowledged', 'acknowledged.by', 'acknowledged'),
    statement('verdict', 'verdictBy', 'verdict', 'verdictBy'),
  ],
});
