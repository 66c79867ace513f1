/** Limits in time and place, health, storms, other controllers: each with the numbers it gives. */
import { expect } from 'chai';
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import type { Remediation, RemediationSpec, RemediationStatus } from '../../crds/remediation.ts';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { readKey, type Answer } from '../actions/live.ts';
import type { KubeObject, ManagedFields } from '../kube/api.ts';
import { node, type NodeFixture } from '../testing/fixtures.ts';
import type { ClusterFacts, World } from './decision.ts';
import { guardContext, guardReads } from './guard.ts';
import { checkGuards, type Checked } from './guards.ts';
import { guardrail, nodesOnly, remediation, targets } from './harness.test.ts';
import { leaseRead } from './node-lease.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

/** Six nodes, two in each zone; the first of each is of the control plane. */
const nodes: readonly NodeFixture[] = ['a', 'a', 'b', 'b', 'c', 'c'].map((zone, index) =>
  node({
    name: `node-${index + 1}`,
    uid: `uid-node-${index + 1}`,
    creationTimestamp: ago(9999),
    labels: { zone, ...(index % 2 === 0 && { 'node-role.kubernetes.io/control-plane': '' }) },
  }),
);
const cordoned = (...names: string[]) =>
  nodes.map((each) => (names.includes(each.metadata.name) ? { ...each, spec: { unschedulable: true } } : each));

type Guards = Partial<RemediationPlanSpec['guards']>;
interface Given {
  readonly guards?: Guards;
  readonly grail?: GuardrailSpec;
  readonly others?: readonly Remediation[];
  readonly nodes?: readonly NodeFixture[];
  readonly world?: Partial<World>;
  readonly plan?: Partial<NonNullable<World['plan']>>;
  /** The node that the Remediation cordons. */
  readonly at?: number;
  readonly status?: RemediationStatus;
  readonly live?: ReadonlyMap<string, Answer>;
}

const target = (index: number): RemediationSpec['target'] => ({
  kind: 'Node',
  name: `node-${index}`,
  uid: `uid-node-${index}`,
});

/** The Remediation of node `index`: cordons it. */
const of = (index: number, status: RemediationStatus = {}, more: Partial<RemediationSpec> = {}): Remediation => {
  const made = remediation([{ cordon: {} }], { target: target(index), ...more }, `fix-${index}`);
  return { ...made, metadata: { ...made.metadata, uid: `uid-fix-${index}`, creationTimestamp: ago(1) }, status };
};
const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason: string) =>
  ({ type, status, reason, message: '', lastTransitionTime: ago(5) }) as const;
const begun = (secondsAgo: number, guards?: RemediationStatus['guards']): RemediationStatus => ({
  startedTime: ago(secondsAgo),
  ...(guards && { guards }),
});
const reserved = (guards?: RemediationStatus['guards']): RemediationStatus => ({
  conditions: [condition('Blocked', 'Unknown', 'Reserved')],
  ...(guards && { guards }),
});
const ended = (startedAgo: number, endedAgo: number, status: 'True' | 'False', reason: string): RemediationStatus => ({
  startedTime: ago(startedAgo),
  finishedTime: ago(endedAgo),
  conditions: [condition('Succeeded', status, reason)],
});
const inZone = (zone: string, name = 'perTopology') => [
  { name, passed: true, message: '', checkedTime: ago(5), domains: [`zone=${zone}`] },
];

const worker = {
  name: 'controlPlane',
  passed: true,
  message: '',
  checkedTime: ago(5),
  domains: ['controlPlane=False'],
};

function check(given: Given, before: 'Start' | 'Step' = 'Start'): Checked[] {
  const self = of(given.at ?? 2, given.status);
  const there = given.nodes ?? nodes;
  const settings = { rootNamespace: 'homeostat-system', allowKubeSystem: false };
  const world: World = {
    nowMs,
    settings,
    verdict: { state: 'Firing', sinceMs: nowMs - 1000, lastSampleMs: nowMs, staleAfterSeconds: 15 },
    plan: {
      spec: { mode: 'Enforce', guards: { maxConcurrent: 100, maxAttempts: 100, cooldownSeconds: 0, ...given.guards } },
      matchedTargets: 6,
      load: { matched: 6, firing: 1 },
      ...given.plan,
    },
    guardrails: given.grail === undefined ? [] : [guardrail(given.grail)],
    under: () => ({ matchedTargets: 6, load: { matched: 6, firing: 1 } }),
    feedback: { truePositives: 0, falsePositives: 0 },
    remediations: [self, ...(given.others ?? [])],
    cluster: nodesOnly(() => [...there]),
    live: new Map(),
    fresh: true,
    ...given.world,
  };
  const live = new Map(
    guardReads(self, world).map((read): [string, Answer] => {
      const object = there.find(({ metadata }) => metadata.name === read.name);
      return [readKey(read), object === undefined ? { is: 'Absent' } : { is: 'Found', object }];
    }),
  );
  return checkGuards(guardContext(self, { ...world, live: new Map([...live, ...(given.live ?? [])]) }), before);
}

const failing = (given: Given): string[] =>
  check(given).flatMap(({ guard, finding }) => (finding.passed ? [] : [guard.name]));
const found = (name: string, given: Given) => check(given).find(({ guard }) => guard.name === name)?.finding;

const perWindow = { maxPerWindow: { count: 2, seconds: 600 } };
const perZone = { perTopology: { key: 'zone', maxConcurrent: 1 } };
const stormy = { storm: { above: '30%', clearSeconds: 600, observeSeconds: 0 } };
const breaker = { breaker: { failures: 2, openSeconds: 600 } };
const failed = (index: number, secondsAgo: number) =>
  of(index, ended(secondsAgo + 60, secondsAgo, 'False', 'StillFiring'));
const lease = (spec: object): ReadonlyMap<string, Answer> => {
  const object = { metadata: { name: 'node-node-2' }, spec } as KubeObject;
  return new Map([[readKey(leaseRead('node-2')), { is: 'Found', object }]]);
};
const sharing: Partial<World> = {
  settings: { rootNamespace: 'homeostat-system', allowKubeSystem: false, nodeLeases: true },
};
const marked = (meta: object, spec: NodeFixture['spec'] = {}) =>
  nodes.map((each) =>
    each.metadata.name === 'node-2' ? { ...each, metadata: { ...each.metadata, ...meta }, spec } : each,
  );
const managedBy = (manager: string) => {
  const fieldsV1 = { 'f:spec': { 'f:unschedulable': {} } };
  return marked({ managedFields: [{ manager, operation: 'Apply', apiVersion: 'v1', fieldsV1 } as ManagedFields] });
};

describe('the limits of a plan and of guardrails', () => {
  const table: [what: string, given: Given, fails: string[]][] = [
    ['nothing is asked for', {}, []],
    // So many in a stretch of time.
    ['one has begun lately', { guards: perWindow, others: [of(4, begun(10))] }, []],
    ['two have', { guards: perWindow, others: [of(4, begun(10)), of(6, begun(599))] }, ['maxPerWindow']],
    ['one of them long enough ago', { guards: perWindow, others: [of(4, begun(10)), of(6, begun(600))] }, []],
    [
      'those that have ended count as well',
      { guards: perWindow, others: [of(4, ended(60, 30, 'True', 'Recovered')), of(6, begun(10))] },
      ['maxPerWindow'],
    ],
    ['one is about to', { guards: perWindow, others: [of(4, begun(10)), of(6, reserved())] }, ['maxPerWindow']],
    [
      'those of another plan do not count',
      {
        guards: perWindow,
        others: [4, 6].map((at) => of(at, begun(10), { planRef: { name: 'b', uid: 'b', generation: 1 } })),
      },
      [],
    ],
    [
      'a guardrail counts those of all plans',
      {
        grail: perWindow,
        others: [4, 6].map((at) => of(at, begun(10), { planRef: { name: 'b', uid: 'b', generation: 1 } })),
      },
      ['maxPerWindowOverall'],
    ],
    // So many in one place.
    ['one in another zone', { guards: perZone, others: [of(4, begun(10, inZone('b')))] }, []],
    ['one in the same', { guards: perZone, others: [of(4, begun(10, inZone('a')))] }, ['perTopology']],
    ['one that has not said where it is', { guards: perZone, others: [of(4, begun(10))] }, ['perTopology']],
    [
      'one that has ended',
      { guards: perZone, others: [of(4, { ...ended(60, 30, 'True', 'Recovered'), guards: inZone('a') })] },
      [],
    ],
    [
      'a guardrail’s',
      { grail: perZone, others: [of(4, begun(10, inZone('a', 'perTopologyOverall')))] },
      ['perTopologyOverall'],
    ],
    ['a node without the label', { guards: { perTopology: { key: 'rack', maxConcurrent: 1 } } }, ['perTopology']],
    ['a node that is not known', { guards: perZone, world: { cluster: nodesOnly(() => []) } }, ['perTopology']],
    ['the place was claimed here', { guards: perZone, status: reserved([...inZone('a'), worker]) }, []],
    [
      'the place was claimed elsewhere',
      { guards: perZone, status: reserved([...inZone('b'), worker]) },
      ['perTopology'],
    ],
    // So much must stay healthy: of six nodes, five besides this one.
    ['enough others are healthy', { guards: { minHealthy: 5 } }, []],
    ['one too few', { guards: { minHealthy: 6 } }, ['minHealthy']],
    ['a share, rounded up: 84 % of 6 are 6', { guards: { minHealthy: '84%' } }, ['minHealthy']],
    ['83.3 % are 5', { guards: { minHealthy: '83.3%' } }, []],
    ['the guardrail wants more', { guards: { minHealthy: 1 }, grail: { minHealthy: 6 } }, ['minHealthy']],
    ['one is cordoned already', { guards: { minHealthy: 5 }, nodes: cordoned('node-6') }, ['minHealthy']],
    ['this one is', { guards: { minHealthy: 5 }, nodes: cordoned('node-2') }, []],
    ['another one is claimed', { guards: { minHealthy: 5 }, others: [of(6, reserved())] }, ['minHealthy']],
    [
      'one is claimed and cordoned: once',
      { guards: { minHealthy: 4 }, nodes: cordoned('node-6'), others: [of(6, begun(1))] },
      [],
    ],
    [
      'only the nodes of the policies count',
      { guards: { minHealthy: 1 }, plan: { nodes: new Set(['node-2']) } },
      ['minHealthy'],
    ],
    ['nothing is known of nodes', { guards: { minHealthy: 1 }, world: { cluster: undefined } }, ['minHealthy']],
    // Storms.
    ['few fire', { guards: stormy }, []],
    ['many fire', { guards: stormy, plan: { load: { matched: 6, firing: 2 } } }, ['storm']],
    ['how many is not known', { guards: stormy, plan: { load: undefined } }, ['storm']],
    ['many fired lately', { guards: stormy, plan: { storm: { since: ago(60), until: ago(-1) } } }, ['storm']],
    ['that is over', { guards: stormy, plan: { storm: { since: ago(60), until: ago(0) } } }, []],
    ['it was on when we were last here', { guards: stormy, plan: { storm: { since: ago(60) } } }, ['storm']],
    [
      'under the guardrail many fire',
      { grail: stormy, world: { under: () => ({ matchedTargets: 6, load: { matched: 100, firing: 31 } }) } },
      ['stormOverall'],
    ],
    [
      'it fires for a second, and is to be watched for two',
      { guards: { storm: { ...stormy.storm, observeSeconds: 2 } } },
      ['storm'],
    ],
    ['it is to be watched for one', { guards: { storm: { ...stormy.storm, observeSeconds: 1 } } }, []],
    // The breaker.
    ['one did not help', { guards: breaker, others: [failed(4, 10)] }, []],
    ['two in a row did not', { guards: breaker, others: [failed(4, 10), failed(6, 20)] }, ['breaker']],
    [
      'one helped in between',
      { guards: breaker, others: [failed(4, 10), of(5, ended(100, 15, 'True', 'Recovered')), failed(6, 20)] },
      [],
    ],
    [
      'one helped in the very second in which the last did not: which was first is not known',
      { guards: breaker, others: [failed(4, 10), failed(6, 10), of(5, ended(100, 10, 'True', 'Recovered'))] },
      ['breaker'],
    ],
    [
      'a person’s undo says nothing',
      { guards: breaker, others: [failed(4, 10), of(6, ended(100, 15, 'False', 'UndoRequested'))] },
      [],
    ],
    ['its time is over: one is tried', { guards: breaker, others: [failed(4, 600), failed(6, 700)] }, []],
    ['and only one', { guards: breaker, others: [failed(4, 600), failed(6, 700), of(3, reserved())] }, ['breaker']],
    // A guardrail's share.
    [
      'a guardrail’s share is of all under it: 50 % of 6',
      { grail: { maxConcurrent: '50%' }, others: [4, 6].map((at) => of(at, begun(9))) },
      [],
    ],
    [
      'three are running',
      { grail: { maxConcurrent: '50%' }, others: [3, 4, 6].map((at) => of(at, begun(9))) },
      ['maxConcurrentOverall'],
    ],
    [
      'of other kinds of targets it counts none',
      { grail: { maxConcurrent: '17%' }, others: [of(4, begun(9), { target: targets.pod, steps: [] })] },
      [],
    ],
    [
      'how many there are is not known',
      { grail: { maxConcurrent: '50%' }, world: { under: () => ({ matchedTargets: undefined, load: undefined }) } },
      ['maxConcurrentOverall'],
    ],
    // The schedule, with its time zone: 12:00Z is 13:00 in Paris.
    [
      'the schedule allows it',
      { guards: { schedule: [{ cron: '0 13 * * *', seconds: 60, timeZone: 'Europe/Paris', effect: 'Allow' }] } },
      [],
    ],
    [
      'it does not',
      { guards: { schedule: [{ cron: '0 12 * * *', seconds: 60, timeZone: 'Europe/Paris', effect: 'Allow' }] } },
      ['schedule'],
    ],
    [
      'a guardrail denies it',
      { grail: { schedule: [{ cron: '0 12 * * *', seconds: 60, timeZone: 'UTC', effect: 'Deny' }] } },
      ['schedule'],
    ],
    // The control plane: node-1, node-3 and node-5.
    ['a node of it', { at: 1 }, []],
    ['another one is worked on', { at: 1, others: [of(3, begun(9))] }, ['controlPlane']],
    [
      'another one that recorded it',
      {
        at: 1,
        others: [
          of(
            3,
            begun(9, [
              { name: 'controlPlane', passed: true, message: '', checkedTime: ago(1), domains: ['controlPlane=True'] },
            ]),
          ),
        ],
      },
      ['controlPlane'],
    ],
    [
      'one that recorded that it is not',
      {
        at: 1,
        others: [
          of(
            4,
            begun(9, [
              { name: 'controlPlane', passed: true, message: '', checkedTime: ago(1), domains: ['controlPlane=False'] },
            ]),
          ),
        ],
      },
      [],
    ],
    ['another one is cordoned', { at: 1, nodes: cordoned('node-3') }, ['controlPlane']],
    ['for others that does not matter', { at: 2, nodes: cordoned('node-3') }, []],
    // Other controllers.
    [
      'the cluster autoscaler takes it away',
      { nodes: marked({}, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }) },
      ['ownedByOthers'],
    ],
    [
      'Karpenter does',
      { nodes: marked({}, { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] }) },
      ['ownedByOthers'],
    ],
    [
      'medik8s does',
      { nodes: marked({}, { taints: [{ key: 'medik8s.io/remediation', effect: 'NoExecute' }] }) },
      ['ownedByOthers'],
    ],
    [
      'Cluster API replaces it',
      {
        nodes: marked({}, { taints: [{ key: 'node.cluster.x-k8s.io/outdated-revision', effect: 'PreferNoSchedule' }] }),
      },
      ['ownedByOthers'],
    ],
    [
      'kured reboots it',
      { nodes: marked({ annotations: { 'weave.works/kured-reboot-in-progress': ago(9) } }) },
      ['ownedByOthers'],
    ],
    [
      'the node controller’s taint is no such sign',
      { nodes: marked({}, { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] }) },
      [],
    ],
    ['Argo CD manages the field', { nodes: managedBy('argocd-controller') }, ['ownedByOthers']],
    ['Flux does', { nodes: managedBy('kustomize-controller') }, ['ownedByOthers']],
    ['and that is to be ignored', { nodes: managedBy('kustomize-controller'), guards: { gitOps: 'Ignore' } }, []],
    ['kubectl has managed it', { nodes: managedBy('kubectl-cordon') }, []],
    // The shared Lease.
    ['nobody holds it', { world: sharing }, []],
    [
      'another operator does',
      { world: sharing, live: lease({ holderIdentity: 'nhc', leaseDurationSeconds: 60, renewTime: ago(10) }) },
      ['nodeLease'],
    ],
    [
      'it has run out just now: their clock is not ours',
      { world: sharing, live: lease({ holderIdentity: 'nhc', leaseDurationSeconds: 60, renewTime: ago(80) }) },
      ['nodeLease'],
    ],
    [
      'it has run out',
      { world: sharing, live: lease({ holderIdentity: 'nhc', leaseDurationSeconds: 60, renewTime: ago(91) }) },
      [],
    ],
    ['it never held anything', { world: sharing, live: lease({ holderIdentity: 'nhc', renewTime: ago(1) }) }, []],
    [
      'it is ours',
      {
        world: sharing,
        live: lease({
          holderIdentity: 'homeostat/homeostat-system/fix-2',
          leaseDurationSeconds: 60,
          renewTime: ago(1),
        }),
      },
      [],
    ],
    [
      'another Remediation’s is another’s',
      {
        world: sharing,
        live: lease({
          holderIdentity: 'homeostat/homeostat-system/fix-9',
          leaseDurationSeconds: 60,
          renewTime: ago(1),
        }),
      },
      ['nodeLease'],
    ],
    [
      'it cannot be read',
      {
        world: sharing,
        live: new Map([[readKey(leaseRead('node-2')), { is: 'Unreadable', message: 'forbidden' }]]),
      },
      ['nodeLease'],
    ],
  ];
  for (const [what, given, fails] of table)
    it(`${what}: ${fails.join(', ') || 'pass'}`, () => expect(failing(given)).to.deep.equal(fails));

  it('say until when, where that is known', () => {
    const until = (name: string, given: Given) => new Date(found(name, given)?.untilMs ?? NaN).toISOString();
    const two = [of(4, begun(10)), of(6, begun(500))];
    // A stretch that begins with the older one ends before it may begin.
    expect(until('maxPerWindow', { guards: perWindow, others: two })).to.equal('2026-01-01T12:01:40.001Z');
    expect(until('breaker', { guards: breaker, others: [failed(4, 10), failed(6, 20)] })).to.equal(
      '2026-01-01T12:09:50.000Z',
    );
    expect(until('storm', { guards: stormy, plan: { storm: { since: ago(60), until: ago(-60) } } })).to.equal(
      '2026-01-01T12:01:00.000Z',
    );
  });

  it('say it with their numbers', () => {
    const message = (name: string, given: Given) => found(name, given)?.message;
    expect(message('storm', { guards: stormy, plan: { load: { matched: 1000, firing: 412 } } })).to.equal(
      'the targets of this plan: nothing is done because 412 of 1000 targets fire, more than 300; it goes on 600 s after that is over',
    );
    expect(message('perTopology', { guards: perZone, others: [of(4, begun(10, inZone('a')))] })).to.equal(
      '1 of 1 remediations of this plan are running where zone=a: fix-4',
    );
    expect(message('minHealthy', { guards: { minHealthy: '90%' } })).to.equal(
      '5 other nodes of 6 are healthy, the plan wants 6',
    );
    expect(
      message('nodeLease', {
        world: sharing,
        live: lease({ holderIdentity: 'nhc', leaseDurationSeconds: 60, renewTime: ago(10) }),
      }),
    ).to.equal('nhc holds Lease medik8s-leases/node-node-2 and works on the node');
  });

  it('keep a place in the line only where others wait for the same', () => {
    const isLine = (name: string, given: Given) => found(name, given)?.rivals !== undefined;
    expect(isLine('maxPerWindow', { guards: perWindow, others: [of(4, begun(10)), of(6, begun(9))] })).to.equal(false);
    expect(isLine('maxPerWindow', { guards: perWindow, others: [of(4, begun(10)), of(6, reserved())] })).to.equal(true);
    expect(isLine('perTopology', { guards: perZone, others: [of(4, reserved(inZone('a')))] })).to.equal(true);
    expect(isLine('minHealthy', { guards: { minHealthy: 5 }, nodes: cordoned('node-6') })).to.equal(false);
    expect(isLine('minHealthy', { guards: { minHealthy: 5 }, others: [of(6, reserved())] })).to.equal(true);
  });
});

describe('minHealthy of a workload', () => {
  const cluster = (healthy: number, total: number, healthyPods: string[]): ClusterFacts => ({
    ...nodesOnly(() => [...nodes]),
    workload: () => ({ healthy, total }),
    isPodHealthy: (uid) => healthyPods.includes(uid),
  });
  const self = {
    ...of(1),
    spec: {
      ...of(1).spec,
      target: targets.pod,
      steps: [{ name: 'r', action: { restartPod: {} }, timeoutSeconds: 60 }],
    },
  };
  const sibling = (status: RemediationStatus) =>
    of(8, status, { target: { ...targets.pod, name: 'web-2', uid: 'uid-web-2' }, steps: self.spec.steps });
  const table: [what: string, cluster: ClusterFacts | undefined, others: Remediation[], passes: boolean][] = [
    ['two of three others are healthy', cluster(3, 4, ['uid-web-1']), [], true],
    ['the target is not healthy itself', cluster(2, 4, []), [], true],
    ['one of the others is not', cluster(2, 4, ['uid-web-1']), [], false],
    ['one of the others is claimed', cluster(3, 4, ['uid-web-1', 'uid-web-2']), [sibling(reserved())], false],
    ['one that is claimed is not healthy anyway', cluster(3, 4, ['uid-web-1']), [sibling(begun(9))], true],
    ['nothing is known', undefined, [], false],
  ];
  for (const [what, facts, others, passes] of table)
    it(`${what}: ${passes ? 'pass' : 'minHealthy'}`, () => {
      const settings = { rootNamespace: 'homeostat-system', allowKubeSystem: false };
      const guards = { maxConcurrent: 100, maxAttempts: 100, cooldownSeconds: 0, minHealthy: '50%' };
      const context = guardContext(self, {
        nowMs,
        settings,
        verdict: { state: 'Firing', sinceMs: nowMs, staleAfterSeconds: 15 },
        plan: { spec: { mode: 'Enforce', guards }, matchedTargets: 4 },
        guardrails: [],
        remediations: [self, ...others],
        cluster: facts,
        live: new Map(),
        fresh: true,
      });
      const finding = checkGuards(context, 'Step').find(({ guard }) => guard.name === 'minHealthy')?.finding;
      expect(finding?.passed, finding?.message).to.equal(passes);
    });
});
