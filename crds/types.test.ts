import type { Infer, Schema } from '../engine/schema.ts';
import type { ActionParameters } from './actions.ts';
import type { DetectionPolicySpec } from './detection-policy.ts';
import type { GuardrailSpec } from './guardrail.ts';
import type { IncidentSpec } from './incident.ts';
import type { RemediationPlanSpec } from './remediation-plan.ts';
import type { RemediationSpec, StepStatus } from './remediation.ts';

/** These hold when the file type-checks: `same` takes `true` only where both types are one. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same = <A, B>(proof: Same<A, B>): boolean => proof;

const everything = {
  type: 'object',
  required: ['must'],
  properties: {
    must: { type: 'string' },
    may: { type: 'boolean' },
    filled: { type: 'integer', default: 1 },
    choice: { type: 'string', enum: ['A', 'B'] },
    share: { 'x-kubernetes-int-or-string': true },
    list: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
    map: { type: 'object', additionalProperties: { type: 'string', nullable: true } },
  },
} as const satisfies Schema;

describe('Infer', () => {
  it('follows the schema', () => {
    same<
      Infer<typeof everything>,
      {
        must: string;
        filled: number;
        may?: boolean;
        choice?: 'A' | 'B';
        share?: number | string;
        list?: { n?: number }[];
        map?: Record<string, string | null>;
      }
    >(true);
  });

  it('gives the kinds the types that controllers rely on', () => {
    same<DetectionPolicySpec['mode'], 'Observe' | 'Enforce'>(true);
    same<DetectionPolicySpec['target']['warmupSeconds'], number>(true);
    same<DetectionPolicySpec['when'], string | undefined>(true);
    same<
      RemediationPlanSpec['guards'],
      { maxConcurrent: number | string; maxAttempts: number; cooldownSeconds: number }
    >(true);
    same<RemediationPlanSpec['verify']['onFailure'], 'Undo' | 'Keep' | 'Escalate'>(true);
    same<GuardrailSpec['maxConcurrent'], number | string | undefined>(true);
    same<IncidentSpec['policyRef'], { name: string; uid: string; generation: number }>(true);
    same<RemediationSpec['incidentRef'], { name: string; uid: string }>(true);
    same<RemediationSpec['steps'], RemediationPlanSpec['steps']>(true);
    same<StepStatus['state'], 'Pending' | 'Prepared' | 'Applied' | 'Failed' | 'Skipped'>(true);
    same<ActionParameters<'label'>['set'], Record<string, string> | undefined>(true);
    same<ActionParameters<'restartPod'>, { gracePeriodSeconds?: number }>(true);
  });

  it('refuses what the schema refuses', () => {
    // @ts-expect-error a number where a boolean belongs
    const wrong: Infer<typeof everything> = { must: '', filled: 1, may: 1 };
    // @ts-expect-error the required field is missing
    const missing: Infer<typeof everything> = { filled: 1 };
    // @ts-expect-error not a mode
    const mode: RemediationPlanSpec['mode'] = 'Force';
    void [wrong, missing, mode];
  });
});
