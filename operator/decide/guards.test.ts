import { expect } from 'chai';
import type { Guardrail } from '../../crds/guardrail.ts';
import { definitionOf } from '../../crds/kinds.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { readKey, type Answer } from '../actions/live.ts';
import { actionOf } from '../actions/registry.ts';
import { CronJob } from '../actions/resources.ts';
import { controllerReference, deployment } from '../testing/fixtures.ts';
import type { World } from './decision.ts';
import { guardContext } from './guard.ts';
import { checkGuards, guards } from './guards.ts';
import {
  begun,
  ended,
  failing,
  inNamespace,
  live,
  messageOf,
  minutesAgo,
  nowMs,
  objects,
  other,
  self,
  withPlan,
  world,
} from './guards-scene.test.ts';
import { guardrail, targets, webPod } from './harness.test.ts';

describe('guards', () => {
  it('all pass in a world where nothing is in the way', () => expect(failing()).to.deep.equal([]));

  const namespaced = self({}, 'shop');
  const sameTarget = { target: targets.pod };
  const notFresh = { state: 'Firing', sinceMs: nowMs, lastSampleMs: nowMs - 16_000, staleAfterSeconds: 15 } as const;
  const { lastSampleMs: _none, ...noSample } = notFresh;
  const protectedBy = (...protect: NonNullable<Guardrail['spec']['protect']>): Partial<World> => ({
    guardrails: [guardrail({ protect })],
  });
  const inKubeSystem = self({ target: { ...targets.pod, namespace: 'kube-system' } });
  const ours = self({ target: { ...targets.pod, namespace: 'homeostat-system' } });
  const nodeOnly = self({ target: targets.node, steps: [{ name: 'c', action: { cordon: {} }, timeoutSeconds: 60 }] });
  const podOnly = self({ steps: [{ name: 'r', action: { restartPod: {} }, timeoutSeconds: 60 }] });
  const workloadOnly = self({
    target: targets.workload,
    steps: [{ name: 's', action: { scale: { by: 1 } }, timeoutSeconds: 60 }],
  });
  const replacement = live(self(), [
    { ...webPod(), metadata: { ...webPod().metadata, creationTimestamp: minutesAgo(10) } },
    ...objects.slice(1),
  ]);

  const withoutPlan = new Set([
    'maxMode',
    'paused',
    'freshData',
    'firing',
    'namespace',
    'protected',
    'controlPlane',
    'nodeLease',
  ]).union(
    new Set(guards.map(({ name }) => name).filter((name) => name.endsWith('Overall') || name === 'onePerTarget')),
  );
  const withGuardrails = new Set(['maxMode', 'paused', 'schedule', 'minPrecision', 'protected', 'minHealthy']);

  const truth: [
    what: string,
    given: Partial<World>,
    fails: string[],
    of?: Remediation,
    answers?: Map<string, Answer>,
  ][] = [
    // Modes.
    ['the plan is gone', { plan: undefined }, guards.map(({ name }) => name).filter((name) => !withoutPlan.has(name))],
    [
      'the plan observes now',
      {
        plan: {
          ...world.plan,
          matchedTargets: 1,
          spec: { mode: 'Observe', guards: { maxConcurrent: 1, maxAttempts: 1, cooldownSeconds: 0 } },
        },
      },
      ['mode'],
    ],
    [
      'the plan asks for approval now',
      {
        plan: {
          ...world.plan,
          matchedTargets: 1,
          spec: { mode: 'Approve', guards: { maxConcurrent: 1, maxAttempts: 1, cooldownSeconds: 0 } },
        },
      },
      [],
    ],
    ['a guardrail allows Observe', { guardrails: [guardrail({ maxMode: 'Observe' })] }, ['maxMode']],
    ['a guardrail allows DryRun', { guardrails: [guardrail({ maxMode: 'DryRun' })] }, ['maxMode']],
    ['a guardrail allows Approve', { guardrails: [guardrail({ maxMode: 'Approve' })] }, []],
    [
      'of two guardrails the tighter holds',
      { guardrails: [guardrail({ maxMode: 'Approve' }), guardrail({ maxMode: 'Observe' }, 'b')] },
      ['maxMode'],
    ],
    ['a guardrail of another namespace', { guardrails: [guardrail({ maxMode: 'Observe' }, 'b', 'other')] }, []],
    ['it only observes', { guardrails: [guardrail({ maxMode: 'Observe' })] }, [], self({ mode: 'Observe' })],
    // Guardrails that cannot be read.
    [
      'the guardrails are not known',
      { guardrails: undefined },
      guards.map(({ name }) => name).filter((name) => withGuardrails.has(name) || name.endsWith('Overall')),
    ],
    // Pauses.
    ['it is paused', { guardrails: [guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] })] }, ['paused']],
    // Data.
    ['the verdict is unknown', { verdict: { ...notFresh, state: 'Unknown' } }, ['freshData', 'firing']],
    ['the last sample is too old', { verdict: notFresh }, ['freshData']],
    ['there is no sample', { verdict: noSample }, ['freshData']],
    ['the condition holds not for long enough yet', { verdict: { ...world.verdict, state: 'Pending' } }, ['firing']],
    ['the target does not fire', { verdict: { ...world.verdict, state: 'Clear' } }, ['firing']],
    // Namespaces.
    ['a namespace reaches no node', {}, ['namespace'], namespaced],
    [
      'a namespace reaches itself',
      {},
      [],
      self({ steps: [{ name: 's', action: { scale: { by: 1 } }, timeoutSeconds: 60 }] }, 'shop'),
    ],
    [
      'a namespace does not reach another',
      {},
      ['namespace'],
      self({ steps: [{ name: 's', action: { scale: { by: 1 } }, timeoutSeconds: 60 }] }, 'other'),
    ],
    // Protection.
    ['our own namespace', {}, ['protected'], ours],
    ['kube-system', {}, ['protected'], inKubeSystem],
    ['kube-system, opted in', { settings: { ...world.settings, allowKubeSystem: true } }, [], inKubeSystem],
    ['a protected namespace', protectedBy({ namespaces: ['shop'] }), ['protected']],
    ['another protected namespace', protectedBy({ namespaces: ['payments'] }), []],
    ['protected labels of the workload', protectedBy({ selector: { matchLabels: { tier: 'gold' } } }), ['protected']],
    [
      'protected labels of its pods',
      protectedBy({ selector: { matchLabels: { app: 'web' } } }),
      ['protected'],
      workloadOnly,
    ],
    ['other labels of its pods', protectedBy({ selector: { matchLabels: { app: 'db' } } }), [], workloadOnly],
    [
      'a pod that is restarted, of a protected workload',
      protectedBy({ selector: { matchLabels: { tier: 'gold' } } }),
      ['protected'],
      podOnly,
    ],
    ['of two requirements one does not match', protectedBy({ namespaces: ['payments'], selector: {} }), []],
    [
      'a protected node that is cordoned',
      protectedBy({
        nodeSelector: { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] },
      }),
      ['protected'],
    ],
    ['a protected node on which a pod is restarted', protectedBy({ nodeSelector: {} }), [], podOnly],
    ['a selector for pods says nothing of nodes', protectedBy({ selector: {} }), [], nodeOnly],
    [
      'labels that cannot be read',
      protectedBy({ namespaces: ['payments'] }),
      ['protected', 'controlPlane', 'ownedByOthers', 'maxAttempts', 'cooldownSeconds'],
      self(),
      new Map(),
    ],
    // One per target.
    [
      'another one is at this target',
      { remediations: [other('a', {}, { ...sameTarget, planRef: { name: 'b', uid: 'b', generation: 1 } })] },
      ['onePerTarget'],
    ],
    [
      'another one was at this target long ago',
      { remediations: [other('a', ended(20, 'StillFiring'), sameTarget)] },
      [],
    ],
    ['another one observes this target', { remediations: [other('a', {}, { ...sameTarget, mode: 'Observe' })] }, []],
    // Budgets.
    ['there is room for one more', { remediations: begun(1) }, []],
    ['there is no room', { remediations: begun(2) }, ['maxConcurrent']],
    [
      'those of other plans do not count',
      { remediations: begun(2, { planRef: { name: 'b', uid: 'b', generation: 1 } }) },
      [],
    ],
    ['a share, rounded down', { ...withPlan({ maxConcurrent: '29%' }), remediations: begun(2) }, ['maxConcurrent']],
    ['a share that is not 0 is at least 1', withPlan({ maxConcurrent: '1%' }), []],
    ['0% is none', withPlan({ maxConcurrent: '0%' }), ['maxConcurrent']],
    [
      'a share of nobody knows how many',
      withPlan({ maxConcurrent: '10%' }, { matchedTargets: undefined }),
      ['maxConcurrent'],
    ],
    [
      'the Remediations are not known',
      { remediations: undefined },
      ['controlPlane', 'onePerTarget', 'maxConcurrent', 'maxAttempts', 'cooldownSeconds'],
    ],
    [
      'a guardrail has no room',
      {
        guardrails: [guardrail({ maxConcurrent: 1 })],
        remediations: begun(1, { planRef: { name: 'b', uid: 'b', generation: 1 } }),
      },
      ['maxConcurrentOverall'],
    ],
    // Attempts and cool-down.
    [
      'it did not help twice',
      {
        remediations: [
          other('a', ended(60, 'StillFiring'), sameTarget),
          other('b', ended(30, 'StepFailed'), sameTarget),
        ],
      },
      ['maxAttempts'],
    ],
    ['it did not help once', { remediations: [other('a', ended(60, 'StillFiring'), sameTarget)] }, []],
    [
      'it helped in between',
      {
        remediations: [
          other('a', { ...ended(60, 'StillFiring'), startedTime: minutesAgo(70) }, sameTarget),
          other('b', { ...ended(30, 'Recovered'), startedTime: minutesAgo(40) }, sameTarget),
          other('c', ended(20, 'StillFiring'), sameTarget),
        ],
      },
      [],
    ],
    [
      'it did not help the day before yesterday',
      {
        remediations: ['a', 'b', 'c'].map((name) =>
          other(name, { ...ended(2880, 'StillFiring'), startedTime: minutesAgo(2890) }, sameTarget),
        ),
      },
      [],
    ],
    ['it was just done', { remediations: [other('a', ended(4, 'Recovered'), sameTarget)] }, ['cooldownSeconds']],
    [
      'it was just done by another plan',
      {
        remediations: [
          other('a', ended(4, 'Recovered'), { ...sameTarget, planRef: { name: 'b', uid: 'b', generation: 1 } }),
        ],
      },
      ['cooldownSeconds'],
    ],
    [
      'the pod before this one was just restarted',
      { remediations: [other('a', { ...ended(4, 'Recovered'), startedTime: minutesAgo(11) })] },
      ['cooldownSeconds'],
      self(),
      replacement,
    ],
    [
      'the pod before this one was restarted, and whether that helped is not known yet',
      { remediations: [other('a', { startedTime: minutesAgo(11) })] },
      ['cooldownSeconds'],
      self(),
      replacement,
    ],
    [
      'a sibling of this pod was restarted, and whether that helped is not known yet',
      { remediations: [other('a', { startedTime: minutesAgo(9) })] },
      [],
      self(),
      replacement,
    ],
    [
      'a sibling of this pod was just restarted',
      { remediations: [other('a', { ...ended(4, 'Recovered'), startedTime: minutesAgo(9) })] },
      [],
      self(),
      replacement,
    ],
  ];
  for (const [what, given, fails, of, answers] of truth)
    it(`${what}: ${fails.join(', ') || 'pass'}`, () => expect(failing(given, of, answers)).to.deep.equal(fails));

  const messages: [guard: string, given: Partial<World>, message: string, of?: Remediation][] = [
    [
      'paused',
      { guardrails: [guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] })] },
      'freeze (alice, Guardrail all)',
    ],
    ['maxConcurrent', { remediations: begun(2) }, '2 of 2 remediations of this plan are running: other-0, other-1'],
    [
      'maxConcurrent',
      { remediations: begun(7) },
      '7 of 2 remediations of this plan are running: other-0, other-1, other-2 and 4 more',
    ],
    [
      'onePerTarget',
      { remediations: [inNamespace('homeostat-system', other('theirs', {}, sameTarget))] },
      '1 of 1 remediations of this target are running: theirs',
    ],
    [
      'onePerTarget',
      { remediations: [inNamespace('shop', other('theirs', {}, sameTarget))] },
      '1 of 1 remediations of this target are running: shop/theirs',
    ],
    ['maxMode', { guardrails: [guardrail({ maxMode: 'DryRun' })] }, 'Guardrail all allows DryRun at most'],
    [
      'namespace',
      {},
      'Node node-1 is out of reach: a plan in namespace shop reaches that namespace only; put policy and plan into homeostat-system',
      namespaced,
    ],
    ['protected', protectedBy({ namespaces: ['shop'] }), 'Pod shop/web-1 is protected by Guardrail all'],
    [
      'cooldownSeconds',
      { remediations: [other('a', ended(4, 'Recovered'), sameTarget)] },
      'a ended at 2026-01-01T11:56:00.000Z: 300 s must pass',
    ],
  ];
  for (const [guard, given, message, of] of messages)
    it(`${guard} says: ${message}`, () => expect(messageOf(guard, given, of)).to.equal(message));

  it('protected is, by its own labels, also the autoscaler whose limits would be moved', () => {
    const labels = { tier: 'gold' };
    const web = deployment({ uid: 'uid-web' });
    const hpa = {
      metadata: { name: 'web', namespace: 'shop', uid: 'uid-hpa', labels },
      spec: { minReplicas: 1, maxReplicas: 9, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const lists = actionOf({ scale: { by: 1 } })
      .reads(targets.workload, 'Plan')
      .filter(({ name }) => name === undefined)
      .map(({ resource, namespace }): [string, Answer] => {
        const items = resource.kind === 'HorizontalPodAutoscaler' ? [hpa] : [];
        return [readKey({ resource, namespace }), { is: 'List', items }];
      });
    const answers = new Map([...live(workloadOnly, [web]), ...lists]);
    const given = { live: answers, ...protectedBy({ selector: { matchLabels: labels } }) };
    expect(messageOf('protected', given, workloadOnly)).to.equal(
      'HorizontalPodAutoscaler shop/web is protected by Guardrail all',
    );
    expect(
      failing({ ...given, ...protectedBy({ selector: { matchLabels: { tier: 'lead' } } }) }, workloadOnly),
    ).to.not.include('protected');
  });

  it('protected is, by its own labels, also the CronJob that would be suspended for one of its runs', () => {
    const workload = { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly-1', uid: 'uid-run' };
    const of = self({
      target: { kind: 'Workload', namespace: 'shop', name: 'nightly-1', uid: 'uid-run', workload },
      steps: [{ name: 'stop', action: { suspend: { of: 'CronJob' } }, timeoutSeconds: 60 }],
    });
    const ownerReferences = [controllerReference('batch/v1', 'CronJob', 'nightly', 'uid-nightly')];
    const run = { kind: 'Job', metadata: { name: 'nightly-1', namespace: 'shop', uid: 'uid-run', ownerReferences } };
    const labels = { tier: 'gold' };
    const nightly = { metadata: { name: 'nightly', namespace: 'shop', uid: 'uid-nightly', labels } };
    const list = { resource: CronJob, namespace: 'shop' };
    const answers = new Map([...live(of, [run]), [readKey(list), { is: 'List', items: [nightly] }] as const]);
    const given = { live: answers, ...protectedBy({ selector: { matchLabels: labels } }) };
    expect(messageOf('protected', given, of)).to.equal('CronJob shop/nightly is protected by Guardrail all');
  });

  it('are all checked that something asks for, also after the first that does not pass', () => {
    const of = self();
    const asked = withPlan({
      storm: { above: 1, clearSeconds: 600, observeSeconds: 0 },
      maxPerWindow: { count: 1, seconds: 60 },
      perTopology: { key: 'zone', maxConcurrent: 1 },
      breaker: { failures: 1, openSeconds: 60 },
    });
    const settings = { ...world.settings, nodeLeases: true };
    const context = guardContext(of, { ...world, ...asked, settings, guardrails: undefined, live: live(of) });
    const checked = checkGuards(context, 'Start');
    expect(checked.map(({ guard }) => guard.name)).to.deep.equal(guards.map(({ name }) => name));
  });

  it('fit the list that a Remediation has for them', () => {
    const most = definitionOf('Remediation')?.status.properties?.['guards']?.maxItems;
    expect(guards.length).to.be.at.most(most ?? 0);
  });

  it('those of a later step are asked before every step', () => {
    const of = self();
    const checked = checkGuards(guardContext(of, { ...world, live: live(of) }), 'Step');
    expect(checked.map(({ guard }) => guard.name)).to.deep.equal([
      'mode',
      'maxMode',
      'paused',
      'freshData',
      'firing',
      'namespace',
      'protected',
      'ownedByOthers',
    ]);
  });

  it('when a guard may pass again is known where it can be', () => {
    const of = self();
    const given = { remediations: [other('a', ended(4, 'Recovered'), sameTarget)] };
    const checked = checkGuards(guardContext(of, { ...world, live: live(of), ...given }), 'Start');
    expect(checked.at(-1)?.finding.untilMs).to.equal(nowMs + 60_000);
  });
});
