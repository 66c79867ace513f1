import type { DetectionPolicy } from '../detection-policy.ts';
import type { Guardrail } from '../guardrail.ts';
import type { Incident } from '../incident.ts';
import type { KindName } from '../kinds.ts';
import type { RemediationPlan } from '../remediation-plan.ts';
import type { Remediation } from '../remediation.ts';

/** A valid object of each kind with every part that a rule is about; a test changes only what it is about. */

const apiVersion = 'homeostat.dev/v1alpha1';

export const validPolicy = (name = 'memory-leak'): DetectionPolicy => ({
  apiVersion,
  kind: 'DetectionPolicy',
  metadata: { name },
  spec: {
    target: {
      kind: 'Container',
      selector: { matchLabels: { app: 'cart' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }] },
      container: 'main',
      warmupSeconds: 30,
    },
    mode: 'Enforce',
    severity: 'Warning',
    latencyBudgetMilliseconds: 500,
    signals: [
      {
        name: 'high',
        metric: 'k8s.container.memory.limit_utilization',
        window: { seconds: 60, aggregate: 'P95', minSamples: 5 },
        detect: { threshold: { above: '90%', clearBelow: '80%' } },
      },
    ],
    when: 'high.firing',
    forSeconds: 10,
    clearForSeconds: 60,
    missingData: 'Hold',
    staleAfterSeconds: 15,
    minConfidence: '95%',
    routes: [{ when: 'confidence >= 0.99', to: 'Remediate', plan: 'restart-leaky' }, { to: 'Incident' }],
  },
});

export const validPlan = (name = 'restart-leaky'): RemediationPlan => ({
  apiVersion,
  kind: 'RemediationPlan',
  metadata: { name },
  spec: {
    mode: 'Approve',
    serviceAccountName: 'cart-remediator',
    steps: [
      {
        name: 'room',
        action: { scale: { by: 1, min: 1, max: 10 } },
        timeoutSeconds: 60,
        undo: { when: 'Recovered', afterSeconds: 3600 },
      },
      { name: 'restart', action: { restartPod: { gracePeriodSeconds: 5 } }, timeoutSeconds: 120 },
      {
        name: 'keep',
        action: { label: { of: 'Pod', remove: ['app'], set: { quarantine: 'true' } } },
        timeoutSeconds: 30,
      },
    ],
    verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
    guards: {
      maxConcurrent: '10%',
      maxPerWindow: { count: 5, seconds: 600 },
      perTopology: { key: 'topology.kubernetes.io/zone', maxConcurrent: 1 },
      minHealthy: '60%',
      storm: { above: '30%', clearSeconds: 600, observeSeconds: 0 },
      maxAttempts: 3,
      cooldownSeconds: 300,
      backoff: { factor: 2, maxSeconds: 3600 },
      breaker: { failures: 3, openSeconds: 600 },
      schedule: [{ cron: '0 8 * * 1-5', seconds: 36_000, timeZone: 'Europe/Paris', effect: 'Allow' }],
      minPrecision: '90%',
      gitOps: 'Respect',
    },
    approval: { expireSeconds: 3600, quorum: 1 },
    historyLimit: 10,
    historyMaxAgeSeconds: 7_776_000,
  },
});

export const validGuardrail = (name = 'freeze'): Guardrail => ({
  apiVersion,
  kind: 'Guardrail',
  metadata: { name },
  spec: {
    paused: [{ reason: 'freeze until Monday', by: 'alice' }],
    maxMode: 'Approve',
    maxConcurrent: 2,
    maxPerWindow: { count: 20, seconds: 3600 },
    perTopology: { key: 'topology.kubernetes.io/zone', maxConcurrent: 2 },
    minHealthy: 3,
    storm: { above: 100, clearSeconds: 600, observeSeconds: 0 },
    schedule: [{ cron: '0 0 24 12 *', seconds: 604_800, timeZone: 'UTC', effect: 'Deny' }],
    minPrecision: '80%',
    protect: [{ namespaces: ['payments'] }, { nodeSelector: { matchLabels: { pool: 'system' } } }],
  },
});

const target: Incident['spec']['target'] = {
  kind: 'Container',
  namespace: 'shop',
  name: 'cart-7f9c',
  uid: '3f0e8c1e-0000-4000-8000-000000000001',
  container: 'main',
  node: 'node1',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: '3f0e8c1e-0000-4000-8000-000000000002' },
};

export const validIncident = (name = 'memory-leak-4f1d'): Incident => ({
  apiVersion,
  kind: 'Incident',
  metadata: { name },
  spec: {
    policyRef: { name: 'memory-leak', uid: '3f0e8c1e-0000-4000-8000-000000000003', generation: 1 },
    target: structuredClone(target),
    openedTime: '2026-01-31T08:15:00Z',
    severity: 'Warning',
    route: { to: 'Remediate', plan: 'restart-leaky' },
  },
});

export const validRemediation = (name = 'restart-leaky-9a2c'): Remediation => ({
  apiVersion,
  kind: 'Remediation',
  metadata: { name },
  spec: {
    planRef: { name: 'restart-leaky', uid: '3f0e8c1e-0000-4000-8000-000000000004', generation: 1 },
    incidentRef: { name: 'memory-leak-4f1d', uid: '3f0e8c1e-0000-4000-8000-000000000005' },
    target: structuredClone(target),
    mode: 'Approve',
    attempt: 1,
    serviceAccountName: 'cart-remediator',
    steps: validPlan().spec.steps,
    verify: validPlan().spec.verify,
  },
});

/** A valid object of a kind, by the kind's name. */
export const valid = {
  DetectionPolicy: validPolicy,
  RemediationPlan: validPlan,
  Guardrail: validGuardrail,
  Incident: validIncident,
  Remediation: validRemediation,
} as const satisfies Record<KindName, (name: string) => object>;
