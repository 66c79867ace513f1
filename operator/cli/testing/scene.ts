/** A cluster in the middle of things, for the tests of what is shown: one of each situation that people meet. */
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { Incident } from '../../../crds/incident.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import type { RecordedChange, Remediation } from '../../../crds/remediation.ts';
import { validIncident, validPlan, validPolicy, validRemediation } from '../../../crds/testing/valid.ts';
import type { Condition, KubeObject, Resource } from '../../kube/api.ts';
import * as resources from '../../kube/resources.ts';
import {
  condition as conditionOf,
  controllerReference,
  deployment as workload,
  node,
  pod,
  replicaSet,
} from '../../testing/fixtures.ts';

/** When it is. */
export const nowMs = Date.UTC(2026, 0, 31, 8, 20);

/** The operator's own namespace. */
export const root = 'homeostat-system';

const at = (clock: string): string => `2026-01-31T${clock}Z`;

/** The UIDs that targets of `validIncident` name. */
const cart = { pod: '3f0e8c1e-0000-4000-8000-000000000001', deployment: '3f0e8c1e-0000-4000-8000-000000000002' };

/** A condition since 08:15:00. */
export const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
  ...conditionOf(type, reason, status),
  message,
  lastTransitionTime: at('08:15:00'),
});

export const policy = (): DetectionPolicy => ({
  ...validPolicy(),
  metadata: { name: 'memory-leak', namespace: 'shop', uid: 'uid-policy' },
  status: {
    conditions: [
      condition('Ready', 'True', 'InForce', 'in force'),
      condition('DataFresh', 'True', 'SamplesArrive', ''),
    ],
    targets: { matched: 3, firing: 1, unknown: 0 },
  },
});

/** A policy for nodes that is understood and gets no samples. */
export const blindPolicy = (): DetectionPolicy => ({
  ...validPolicy(),
  metadata: { name: 'hung', namespace: root, uid: 'uid-hung' },
  spec: { ...validPolicy().spec, target: { kind: 'Node', warmupSeconds: 0 } },
  status: {
    conditions: [
      condition('Ready', 'True', 'InForce', 'in force'),
      condition('DataFresh', 'False', 'NoSamples', 'no sample of 2 of 3 targets for 40 s'),
    ],
  },
});

export const plan = (): RemediationPlan => ({
  ...validPlan(),
  metadata: { name: 'restart-leaky', namespace: 'shop', uid: 'uid-plan' },
});

export const freeze = (): Guardrail => ({
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Guardrail',
  metadata: { name: 'freeze', namespace: root, uid: 'uid-freeze' },
  spec: { paused: [{ reason: 'freeze until Monday', by: 'bob' }] },
});

/** Of a container that leaks, three minutes old. */
export const incident = (): Incident => {
  const { spec } = validIncident();
  return {
    ...validIncident(),
    metadata: { name: 'memory-leak-4f1d', namespace: 'shop', uid: 'uid-incident', creationTimestamp: at('08:15:00') },
    spec: { ...spec, acknowledged: { by: 'carol' }, note: 'known: nightly import' },
    status: {
      conditions: [
        condition('Active', 'True', 'Firing', 'the target fires'),
        condition('Acknowledged', 'True', 'ByPerson', 'carol looks after it'),
        condition('Remediating', 'True', 'InProgress', 'attempt 1: restart-leaky-9a2c'),
        condition('Resolved', 'False', 'Firing', 'the target fires'),
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
          since: at('08:14:50'),
          samples: 60,
          source: 'agent/node1',
          fromSequence: 1041,
          toSequence: 1100,
        },
        {
          signal: 'leaking',
          metric: 'k8s.container.memory.working_set',
          aggregate: 'Slope',
          windowSeconds: 300,
          threshold: 'limit within 900 s',
          firing: false,
          samples: 12,
          quality: { missing: 47 },
        },
      ],
      remediations: [{ name: 'restart-leaky-9a2c' }],
      notifications: [
        {
          notifier: 'on-call',
          about: 'Incident',
          reason: 'Escalated',
          state: 'Delivered',
          told: 'Opened',
          toldTime: at('08:15:01'),
        },
        {
          notifier: 'chat',
          about: 'restart-leaky-9a2c/tell',
          reason: 'Step',
          state: 'Failing',
          error: 'https://chat.example answers 503',
        },
      ],
      firstSampleTime: at('08:14:49.588'),
      detectSeconds: '0.412',
      timeline: [
        { time: at('08:15:00'), what: 'policy memory-leak fired for Container shop/cart-7f9c/main' },
        { time: at('08:15:00'), what: 'remediation restart-leaky-9a2c was created' },
      ],
    },
  };
};

const ofIncident = (name: string): Remediation => ({
  ...validRemediation(),
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1, creationTimestamp: at('08:15:00') },
  spec: { ...validRemediation().spec, incidentRef: { name: 'memory-leak-4f1d', uid: 'uid-incident' } },
});

/** Held back by the freeze. */
export const blocked = (): Remediation => ({
  ...ofIncident('restart-leaky-9a2c'),
  status: {
    observedGeneration: 1,
    conditions: [
      condition('Approved', 'True', 'Approved', 'alice approved it'),
      condition('Blocked', 'True', 'Paused', 'paused: freeze until Monday (bob, Guardrail freeze)'),
      condition('Succeeded', 'Unknown', 'Paused', 'paused: freeze until Monday (bob, Guardrail freeze)'),
    ],
    guards: [
      { name: 'mode', passed: true, message: 'mode Approve', checkedTime: at('08:15:00') },
      {
        name: 'paused',
        passed: false,
        message: 'paused: freeze until Monday (bob, Guardrail freeze)',
        until: at('10:00:00'),
        checkedTime: at('08:15:00'),
      },
      {
        name: 'maxConcurrent',
        passed: true,
        message: '0 of 1 under way',
        limit: '1',
        current: '0',
        checkedTime: at('08:15:00'),
      },
    ],
    timeline: [{ time: at('08:15:00'), what: 'blocked: paused' }],
  },
});

/** In mode Approve, and nobody has said anything. */
export const asking = (): Remediation => ({
  ...ofIncident('restart-leaky-1b2c'),
  status: {
    observedGeneration: 1,
    conditions: [
      condition('Approved', 'Unknown', 'AwaitingApproval', 'waits for 1 approval until 09:15:00'),
      condition('Blocked', 'False', 'GuardsPass', 'all guards pass'),
      condition('Succeeded', 'Unknown', 'AwaitingApproval', 'waits for 1 approval'),
    ],
    preview: {
      time: at('08:15:00'),
      diff: ['room: Deployment shop/cart spec.replicas: 3 -> 4'],
      blastRadius: {
        pods: 1,
        owners: [{ name: 'ReplicaSet shop/cart-7f', pods: 1, of: 3 }],
        budgets: [],
        services: [{ name: 'shop/cart', endpoints: 3, loses: 1 }],
        summary: '1 pod; 1 of 3 of ReplicaSet shop/cart-7f; Service shop/cart loses 1 of 3 endpoints',
      },
    },
  },
});

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart', uid: 'uid-cart' };

/** What `scale` recorded, with what became of it. */
export const scaled = (undo?: RecordedChange['undo']): RecordedChange => ({
  object: deployment,
  path: '/spec/replicas',
  subresource: 'scale',
  from: '3',
  to: '4',
  ...(undo === undefined ? {} : { undo }),
});

/** Ended well; of three steps one was superseded, one cannot be taken back, one is as before. */
export const takenBack = (): Remediation => ({
  ...ofIncident('restart-leaky-77aa'),
  status: {
    observedGeneration: 1,
    conditions: [
      condition('Approved', 'True', 'Approved', 'alice approved it'),
      condition('Blocked', 'False', 'Ended', 'it has come to its end'),
      condition('Applied', 'True', 'AllStepsDone', 'all 3 steps are done'),
      condition('Verified', 'True', 'Recovered', 'it has not fired for 60 s'),
      condition('Undone', 'True', 'Superseded', 'spec.replicas is now 6, set by kubectl-scale'),
      condition('Succeeded', 'True', 'Recovered', 'the target recovered'),
    ],
    steps: [
      {
        name: 'room',
        action: 'scale',
        state: 'Applied',
        startedTime: at('08:16:00'),
        finishedTime: at('08:16:01'),
        message: 'scale Deployment shop/cart from 3 to 4',
        changes: [
          scaled({
            state: 'Superseded',
            time: at('08:19:00'),
            message: 'spec.replicas is now 6, set by kubectl-scale',
            supersededBy: 'kubectl-scale',
          }),
        ],
      },
      {
        name: 'restart',
        action: 'restartPod',
        state: 'Applied',
        startedTime: at('08:16:02'),
        finishedTime: at('08:16:05'),
        message: 'Pod shop/cart-7f9c has ended',
        changes: [
          {
            object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-7f9c', uid: 'uid-pod' },
            path: '',
            from: '{"nodeName":"node1","phase":"Running"}',
            undo: { state: 'Irreversible', message: 'a deleted pod cannot be brought back' },
          },
        ],
      },
      {
        name: 'keep',
        action: 'label',
        state: 'Applied',
        changes: [
          {
            object: deployment,
            path: '/metadata/labels/app.kubernetes.io~1tier',
            from: '"web"',
            undo: { state: 'Done', time: at('08:19:00'), message: 'it is as before' },
          },
          {
            object: deployment,
            path: '/metadata/labels/quarantine',
            to: '"true"',
            undo: { state: 'Done', time: at('08:19:00'), message: 'it is as before' },
          },
        ],
      },
    ],
    effect: {
      before: { time: at('08:16:00'), signals: [{ signal: 'high', value: '0.93' }], replicas: 3, readyReplicas: 3 },
      after: { time: at('08:17:10'), signals: [{ signal: 'high', value: '0.41' }], replicas: 4, readyReplicas: 4 },
      summary: 'high 0.93 -> 0.41; ready replicas 3 -> 4',
    },
    tried: [
      {
        name: 'restart-leaky-55bb',
        plan: 'restart-leaky',
        did: 'scale',
        outcome: 'StillFiring',
        finishedTime: at('07:40:00'),
      },
    ],
    startedTime: at('08:16:00'),
    finishedTime: at('08:17:10'),
    timeline: [{ time: at('08:17:10'), what: 'succeeded: the target recovered' }],
  },
});

/** In the middle of a drain: a budget holds some of many pods. Before it an amount and a taint were set. */
export const draining = (): Remediation => {
  const eviction = (index: number): RecordedChange => ({
    object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: `web-${index}`, uid: `uid-web-${index}` },
    path: '',
    from: '{"phase":"Running","controller":"ReplicaSet/web"}',
    ...(index > 5
      ? {}
      : {
          waiting: { since: at('08:19:00'), until: at('08:20:15'), message: 'the disruption budget web needs 2 pods' },
        }),
  });
  const steps: Remediation['spec']['steps'] = [
    { name: 'limit', action: { setResources: { limits: { memory: '1Gi' } } }, timeoutSeconds: 60 },
    { name: 'mark', action: { taint: { key: 'bad', effect: 'NoSchedule' } }, timeoutSeconds: 60 },
    { name: 'empty', action: { drain: {} }, timeoutSeconds: 600 },
  ];
  const memory = '/spec/template/spec/containers/[name=main]/resources/limits/memory';
  const mark = { path: '/spec/taints/[key=bad,effect=NoSchedule]', to: '{"key":"bad","effect":"NoSchedule"}' };
  const node1 = { apiVersion: 'v1', kind: 'Node', name: 'node1', uid: 'uid-node1' };
  const base = ofIncident('drain-1');
  return {
    ...base,
    spec: { ...base.spec, steps },
    status: {
      observedGeneration: 1,
      startedTime: at('08:18:00'),
      conditions: [condition('Succeeded', 'Unknown', 'DisruptionBudget', 'step empty waits for budget web')],
      steps: [
        {
          name: 'limit',
          action: 'setResources',
          state: 'Applied',
          changes: [{ object: deployment, path: memory, from: '"512Mi"', to: '"1Gi"' }],
        },
        { name: 'mark', action: 'taint', state: 'Applied', changes: [{ object: node1, ...mark }] },
        {
          name: 'empty',
          action: 'drain',
          state: 'Prepared',
          message: 'evict 9 pods (shop/web-1, shop/web-2, shop/web-3, …), which cannot be taken back',
          changes: [
            { object: node1, path: '/spec/unschedulable', to: 'true' },
            ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(eviction),
          ],
        },
      ],
    },
  };
};

/** Everything above, as an API server is given it. */
export const world = (): [Resource, KubeObject][] => [
  [resources.Namespace, { metadata: { name: 'shop', labels: { team: 'shop' } } }],
  [resources.Namespace, { metadata: { name: root } }],
  [resources.Node, node({ name: 'node1', uid: 'uid-node1' })],
  [
    resources.Pod,
    pod(
      {
        name: 'cart-7f9c',
        uid: cart.pod,
        labels: { app: 'cart', tier: 'web' },
        ownerReferences: [controllerReference('apps/v1', 'ReplicaSet', 'cart-7f', 'uid-set')],
      },
      { nodeName: 'node1', containers: [{ name: 'main', image: 'cart:1' }] },
    ),
  ],
  [
    resources.ReplicaSet,
    replicaSet({
      name: 'cart-7f',
      uid: 'uid-set',
      ownerReferences: [controllerReference('apps/v1', 'Deployment', 'cart', cart.deployment)],
    }),
  ],
  [resources.Deployment, workload({ name: 'cart', uid: cart.deployment, labels: { app: 'cart' } }, { replicas: 3 })],
  [resources.Pod, pod({ name: 'bare-1', uid: 'uid-bare', labels: { app: 'bare' } }, { nodeName: 'node1' })],
  [resources.DetectionPolicy, policy()],
  [resources.DetectionPolicy, blindPolicy()],
  [resources.RemediationPlan, plan()],
  [resources.Guardrail, freeze()],
  [resources.Incident, incident()],
  [resources.Remediation, blocked()],
  [resources.Remediation, asking()],
  [resources.Remediation, takenBack()],
];
