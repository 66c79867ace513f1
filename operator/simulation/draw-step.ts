/** Random happenings: what befalls the cluster, the operator, and the way between them. */
import type { Random } from './random.ts';
import type { Happening, OwnKind, ScenarioGuardrail, ScenarioPlan, ScenarioPolicy } from './scenario.ts';
import { placesOf } from './verdicts.ts';
import { faultKinds, requestClasses } from './wire.ts';

export interface Cast {
  readonly policies: readonly ScenarioPolicy[];
  readonly plans: readonly ScenarioPlan[];
  readonly guardrails: readonly ScenarioGuardrail[];
}

type Draw = (random: Random, cast: Cast) => Happening;

const ownKinds: readonly OwnKind[] = ['DetectionPolicy', 'RemediationPlan', 'Guardrail', 'Incident', 'Remediation'];
/** Whoever else there is. */
const foreigners = ['kubectl-edit', 'argocd', 'other-operator', 'horizontal-pod-autoscaler'] as const;
const longText = '🧊'.repeat(512);

const judge: Draw = (random, { policies }) => {
  const policy = random.int(0, policies.length - 1);
  const slot = random.pick(placesOf(policies[policy] ?? { kind: 'Node', namespace: '' }));
  return { is: 'judge', policy, slot, ill: random.chance(0.6) };
};

const ofReplica = (random: Random): number => random.int(0, 1);

const edit: Draw = (random) => {
  const by = random.pick(foreigners);
  const kind = random.pick(['Node', 'Node', 'Deployment', 'Pod'] as const);
  switch (kind) {
    case 'Node': {
      const body = random.pick<object>([
        { spec: { unschedulable: true } },
        { spec: { unschedulable: null } },
        { metadata: { labels: { pool: 'a' } } },
        { metadata: { labels: { pool: 'b' } } },
        { metadata: { annotations: { 'example.com/seen': String(random.int(0, 9)) } } },
      ]);
      return { is: 'edit', by, kind, slot: random.pick(['node-1', 'node-2', 'node-3']), body };
    }
    case 'Deployment': {
      if (random.chance(0.6))
        return { is: 'edit', by, kind, slot: 'web', body: { spec: { replicas: random.int(1, 6) } }, scale: true };
      const labels = random.pick<object>([{ quarantine: 'true' }, { quarantine: null }, { app: 'theirs' }]);
      return { is: 'edit', by, kind, slot: 'web', body: { metadata: { labels } } };
    }
    case 'Pod': {
      const labels = random.pick<object>([{ pool: 'a' }, { quarantine: 'false' }, { app: 'web' }]);
      return { is: 'edit', by, kind, slot: random.pick(['web/0', 'web/1']), body: { metadata: { labels } } };
    }
  }
};

const changePlan: Draw = (random, { plans }) => ({
  is: 'change',
  kind: 'RemediationPlan',
  nth: random.int(0, plans.length - 1),
  body: {
    spec: random.pick<object>([
      { mode: 'Observe' },
      { mode: 'Approve' },
      { mode: 'Enforce' },
      { guards: { maxConcurrent: 1 } },
      { guards: { maxConcurrent: 2, cooldownSeconds: 0 } },
    ]),
  },
});

const changeGuardrail: Draw = (random, { guardrails }) => ({
  is: 'change',
  kind: 'Guardrail',
  nth: random.int(0, Math.max(0, guardrails.length - 1)),
  body: {
    spec: random.pick<object>([
      { paused: [{ reason: 'freeze', by: 'alice' }] },
      { paused: Array.from({ length: 16 }, () => ({ reason: 'x'.repeat(256), by: 'y'.repeat(256) })) },
      { paused: null },
      { paused: null },
      { paused: null },
      { maxMode: 'Approve' },
      { maxMode: 'Observe' },
      { maxMode: null },
      { maxConcurrent: 1 },
    ]),
  },
});

const wish: Draw = (random) => ({
  is: 'change',
  kind: 'Remediation',
  nth: random.int(0, 5),
  body: {
    spec: random.weighted<object>([
      [4, { approvals: [{ by: 'alice', decision: 'Approved' }] }],
      [
        3,
        {
          approvals: [
            { by: 'alice', decision: 'Approved' },
            { by: 'bob', decision: 'Approved', note: longText },
          ],
        },
      ],
      [1, { approvals: [{ by: 'alice', decision: 'Denied', note: longText }] }],
      [2, { cancelRequested: { by: 'alice', reason: random.pick(['enough', longText]) } }],
      [3, { undoRequested: { by: 'alice', reason: random.pick(['not the cause', longText]) } }],
    ]),
  },
});

/** A bad object is met with a condition, and changes nothing that works. */
const spoil: Draw = (random, { policies }) => ({
  is: 'change',
  kind: 'DetectionPolicy',
  nth: random.int(0, policies.length - 1),
  body: {
    spec: random.pick<object>([{ when: 'silent.firing &&' }, { when: null }, { mode: 'Observe' }, { mode: 'Enforce' }]),
  },
});

const fault: Draw = (random) => {
  const kind = random.pick(faultKinds);
  const on = random.pick(requestClasses);
  const replica = ofReplica(random);
  const lasting = random.chance(0.25) ? { ms: random.int(2, 70) * 1000 } : {};
  return { is: 'fault', replica, on, kind, count: random.int(1, 4), ...lasting };
};

const kill: Draw = (random) => ({
  is: 'kill',
  replica: ofReplica(random),
  writes: random.int(1, 9),
  when: random.chance(0.5) ? 'before' : 'after',
  downMs: random.int(1, 20) * 1000,
});

const chances: readonly (readonly [weight: number, draw: Draw])[] = [
  [34, judge],
  [
    3,
    (random) => ({
      is: random.chance(0.4) ? 'silence' : 'speak',
      slot: random.pick(['node-1', 'node-2', 'web/0', 'web']),
    }),
  ],
  [2, (random) => ({ is: 'stream', replica: ofReplica(random), ms: random.int(1, 40) * 1000 })],
  [14, fault],
  [8, (random) => ({ is: 'stall', replica: ofReplica(random), kind: stalled(random), ms: random.int(1, 25) * 1000 })],
  [
    2,
    (random) => ({ is: 'duplicate', replica: ofReplica(random), kind: random.pick(ownKinds), count: random.int(1, 5) }),
  ],
  [3, (random) => ({ is: 'cut', replica: ofReplica(random), compact: random.chance(0.5) })],
  [9, kill],
  [4, (random) => ({ is: 'pause', replica: ofReplica(random), ms: random.int(1, 30) * 1000 })],
  [2, (random) => ({ is: 'jump', replica: ofReplica(random), ms: random.int(-6, 6) * 1000 })],
  [14, edit],
  [2, (random) => ({ is: 'replace', slot: random.pick(['node-1', 'node-2', 'web/0', 'web/1']) })],
  [5, changePlan],
  [5, changeGuardrail],
  [9, wish],
  [2, spoil],
  [2, (random) => ({ is: 'delete', kind: random.pick(ownKinds), nth: random.int(0, 3) })],
];

const stalled = (random: Random): OwnKind => (random.chance(0.7) ? 'Remediation' : random.pick(ownKinds));

/** One happening. */
export const drawStep = (random: Random, cast: Cast): Happening => random.weighted(chances)(random, cast);
