import type { DetectionPolicyStatus } from '../detection-policy.ts';
import type { GuardrailStatus } from '../guardrail.ts';
import type { IncidentStatus } from '../incident.ts';
import type { KindName } from '../kinds.ts';
import type { RemediationPlanStatus } from '../remediation-plan.ts';
import type { RemediationStatus } from '../remediation.ts';
import { validIncident } from './valid.ts';

/** A valid status of each kind with every field set. */

const time = '2026-01-31T08:15:00Z';
const { target } = validIncident().spec;

const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: time,
  observedGeneration: 1,
});

const policy: DetectionPolicyStatus = {
  observedGeneration: 1,
  conditions: [
    condition('Ready', 'True', 'Compiled', 'in force'),
    condition('DataFresh', 'True', 'SamplesArrive', 'the last sample is 0.8 s old'),
    condition('WithinLatencyBudget', 'True', 'Kept', '48 ms of 500 ms'),
    condition('Firing', 'True', 'TargetsFire', '1 of 12 targets fires'),
    condition('PlansFound', 'True', 'AllExist', 'every plan that a route names exists'),
    condition('NotifiersFound', 'True', 'AllExist', 'every notifier that a route names is configured'),
    condition('ExpressionsEvaluate', 'True', 'NoErrors', 'no expression has failed'),
    condition('Storm', 'False', 'Calm', 'no plan or guardrail sees a storm'),
    condition('Shed', 'False', 'Judged', 'the operator keeps up with it'),
  ],
  targets: { matched: 12, firing: 1, unknown: 0 },
  data: { lateSamples: 4, infiniteSamples: 0, counterResets: 2, stuckTargets: 1 },
  firing: [{ target, value: '0.93', threshold: '> 90%', since: time, confidence: '99.2%' }],
  feedback: { truePositives: 39, falsePositives: 1, precision: '97.5%' },
  latency: { p50Milliseconds: 12, p99Milliseconds: 48 },
};

const plan: RemediationPlanStatus = {
  observedGeneration: 1,
  conditions: [
    condition('Ready', 'True', 'Accepted', 'its service account may do what its steps need'),
    condition('Storm', 'True', 'Clearing', 'nothing is done because 12 of 1000 targets fire again'),
    condition('BreakerClosed', 'True', 'Closed', '0 of 3 in a row did not help'),
    condition('NotifierFound', 'True', 'NoneNamed', 'the plan names no notifier'),
    condition('AuditIntact', 'True', 'Intact', 'the records of shop are as they were sealed'),
  ],
  active: 1,
  succeeded: 4,
  failed: 0,
  storm: { since: time, until: time },
};

const guardrail: GuardrailStatus = {
  observedGeneration: 1,
  conditions: [
    condition('Ready', 'True', 'InForce', 'in force'),
    condition('Paused', 'True', 'Asked', 'freeze until Monday (alice)'),
    condition('Storm', 'True', 'TooManyFire', 'nothing is done because 412 of 1000 targets fire'),
  ],
  active: 0,
  storms: [{ kind: 'Node', since: time, until: time }],
};

const incident: IncidentStatus = {
  observedGeneration: 1,
  conditions: [
    condition('Active', 'False', 'Recovered', 'the target does not fire any more'),
    condition('Acknowledged', 'True', 'ByPerson', 'by alice'),
    condition('Escalated', 'True', 'AttemptsExhausted', 'oncall: 3 of 3 attempts have failed'),
    condition('Resolved', 'True', 'Recovered', 'after 95.2 s'),
  ],
  evidence: [
    {
      signal: 'high',
      metric: 'k8s.container.memory.limit_utilization',
      aggregate: 'P95',
      windowSeconds: 60,
      value: '0.93',
      threshold: '> 90%',
      firing: true,
      confidence: '99.2%',
      since: time,
      samples: 60,
      quality: {
        missing: 12,
        resets: 1,
        infinite: 2,
        late: 1,
        mistimed: 1,
        outliers: 1,
        imputed: 3,
        skewMilliseconds: -900,
        flatSeconds: 90,
      },
      source: 'agent/node1',
      fromSequence: 1041,
      toSequence: 1100,
    },
  ],
  remediations: [{ name: 'restart-leaky-9a2c' }],
  notifications: [
    {
      notifier: 'oncall',
      about: 'Incident',
      reason: 'AttemptsExhausted',
      message: '3 of 3 attempts have failed',
      state: 'Failing',
      told: 'Opened',
      toldTime: time,
      error: 'events.pagerduty.com answered 503',
    },
  ],
  firstSampleTime: time,
  detectSeconds: '0.412',
  repairSeconds: '95.2',
  timeline: [{ time, what: 'opened: high is 0.93, above 90%' }],
};

const remediation: RemediationStatus = {
  observedGeneration: 1,
  conditions: [
    condition('Approved', 'True', 'ByPerson', 'by alice'),
    condition('Blocked', 'False', 'GuardsPass', 'every guard passes'),
    condition('Applied', 'True', 'StepsDone', '1 of 1 steps is done'),
    condition('Verified', 'True', 'Recovered', 'quiet for 60 s'),
    condition('Undone', 'False', 'Superseded', 'somebody changed the replicas since'),
    condition('Escalated', 'True', 'IneffectiveChain', '5 attempts in a row had no effect'),
    condition('Succeeded', 'True', 'Recovered', 'the target recovered'),
  ],
  preview: {
    time,
    diff: ['room: Deployment shop/cart spec.replicas: 3 -> 2'],
    blastRadius: {
      pods: 1,
      owners: [{ name: 'Deployment shop/cart', pods: 1, of: 3 }],
      budgets: [{ name: 'shop/cart', pods: 1, disruptionsAllowed: 0, exceeded: true }],
      services: [{ name: 'shop/cart', endpoints: 3, loses: 1 }],
      unknown: ['the list of services in shop: forbidden'],
      summary: '1 pod; 1 of 3 of Deployment shop/cart',
    },
  },
  holdsSince: time,
  effect: {
    before: {
      time,
      signals: [{ signal: 'high', value: '0.97' }],
      replicas: 3,
      readyReplicas: 2,
      restarts: 7,
    },
    after: { time, signals: [{ signal: 'high', value: '0.41' }], replicas: 4, readyReplicas: 4, restarts: 7 },
    summary: 'high 0.97 -> 0.41; ready replicas 2 of 3 -> 4 of 4',
  },
  tried: [
    {
      name: 'restart-leaky-77b1',
      plan: 'restart-leaky',
      did: 'restartPod',
      outcome: 'StillFiring',
      finishedTime: time,
    },
  ],
  approval: { required: 2, given: 1, expiresTime: time, decisions: [{ by: 'alice', decision: 'Approved', time }] },
  guards: [
    {
      name: 'maxConcurrent',
      passed: true,
      message: '0 of 1 under way',
      limit: '1',
      current: '0',
      until: time,
      checkedTime: time,
    },
  ],
  previousHash: '0'.repeat(64),
  hash: '3'.repeat(64),
  seals: [
    {
      sequence: 1,
      time,
      record: '1'.repeat(64),
      evidence: '2'.repeat(64),
      facts: [{ name: 'undo room 0', text: `Superseded kubectl-scale ${time}` }],
      previousName: 'restart-leaky-1c0d',
      previousHash: '0'.repeat(64),
      hash: '3'.repeat(64),
    },
  ],
  steps: [
    {
      name: 'room',
      action: 'scale',
      state: 'Applied',
      startedTime: time,
      finishedTime: time,
      message: '3 to 4 replicas',
      changes: [
        {
          object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart', uid: target.uid },
          path: '/spec/replicas',
          subresource: 'scale',
          from: '3',
          to: '4',
          undo: { state: 'Superseded', time, message: 'now 6, set by kubectl-scale', supersededBy: 'kubectl-scale' },
        },
      ],
    },
  ],
  claims: 1,
  startedTime: time,
  finishedTime: time,
  timeline: [{ time, what: 'step room: 3 to 4 replicas' }],
};

/** A valid status, by the kind's name. */
export const validStatus = {
  DetectionPolicy: policy,
  RemediationPlan: plan,
  Guardrail: guardrail,
  Incident: incident,
  Remediation: remediation,
} as const satisfies Record<KindName, object>;
