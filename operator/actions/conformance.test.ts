/**
 * What every action keeps to, whatever it does: one suite, run over the registry against the in-process API server
 * (registry.test.ts) and against a real one (actions.integration.test.ts). No tests of its own.
 */
import { expect } from 'chai';
import { actionNames, type ActionName } from '../../crds/actions.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { valid } from '../../crds/testing/valid.ts';
import { validate } from '../../crds/validate.ts';
import { write } from '../controllers/remediation/requests.ts';
import { ApiError, type KubeApi, type KubeObject } from '../kube/api.ts';
import type { BoundAction, Change, Context, Origin, Target, WriteRequest } from './action.ts';
import { readOf } from './fields.ts';
import { isJsonObject } from './json.ts';
import { readKey, type Answer, type Live, type Read } from './live.ts';
import { managerOf } from './ownership.ts';
import { actionOf } from './registry.ts';
import { revert } from './revert.ts';

/** Where the suite runs. Every target is new, and nobody else cares for it. */
export interface ActionWorld {
  readonly api: KubeApi;
  readonly node: () => Promise<Target>;
  readonly workload: (kind: WorkloadKind) => Promise<Target>;
  readonly pod: () => Promise<Target>;
  /** A pod of a Deployment, which both the Deployment and a Service select by its label `trial`. */
  readonly servedPod: () => Promise<Target>;
  /** A running pod whose kubelet can change its resources in place, with a limit and a request of memory. */
  readonly sizedPod: () => Promise<Target>;
  /** A Deployment with two pods, whose number an autoscaler decides: from 1 to 4. */
  readonly autoscaled: (by: 'HorizontalPodAutoscaler' | 'ScaledObject') => Promise<Target>;
  /** A Job that a CronJob has made. */
  readonly run: () => Promise<Target>;
  /** A workload whose second template does not come up, while pods of the first are available. */
  readonly stuck: (kind: WorkloadKind) => Promise<Target>;
  /** A step of a Remediation that is there. */
  readonly origin: () => Promise<Origin>;
  /** Puts another object in the place of the target's, with the same name and another uid. */
  readonly replace: (target: Target) => Promise<void>;
}

/** The kinds of workloads that actions are tried on. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob';

interface Case {
  /** It makes an object of its own and does nothing to the target. */
  readonly makes?: true;
  /** What is not in the cluster: a call may have arrived without our knowing, and a word is said by writing it down. */
  readonly outside?: 'Call' | 'Word';
  readonly action: PlanStep['action'];
  readonly target: (world: ActionWorld, kind: WorkloadKind) => Promise<Target>;
  /** What else it is tried on, there and back. */
  readonly also?: Readonly<Record<string, (world: ActionWorld) => Promise<Target>>>;
  /** The kinds of workloads it is for, the first of which goes through the whole suite; default: Deployment. */
  readonly kinds?: readonly [WorkloadKind, ...WorkloadKind[]];
  /** What a person could do to the same fields, edit by edit; absent where nobody can take the thing over. */
  readonly foreign?: readonly object[];
  readonly outOfSchema: readonly object[];
}

const resized = {
  name: 'app',
  image: 'localhost/pause:1',
  resources: { requests: { memory: '7Mi' }, limits: { memory: '8Mi' } },
};

/** One line an action; an action without a line does not compile. */
export const cases: { readonly [Name in ActionName]: Case } = {
  cordon: {
    action: { cordon: { reason: 'test' } },
    target: (world) => world.node(),
    // Uncordoned and cordoned again: the same value, and not ours any more.
    foreign: [{ spec: { unschedulable: null } }, { spec: { unschedulable: true } }],
    outOfSchema: [{ reason: 'x'.repeat(257) }, { reason: 1 }],
  },
  drain: {
    action: { drain: { gracePeriodSeconds: 0 } },
    target: (world) => world.node(),
    foreign: [{ spec: { unschedulable: null } }, { spec: { unschedulable: true } }],
    outOfSchema: [{ gracePeriodSeconds: -1 }, { gracePeriodSeconds: 3601 }, { deleteEmptyDirData: 'yes' }],
  },
  restartPod: {
    action: { restartPod: { gracePeriodSeconds: 0 } },
    target: (world) => world.pod(),
    outOfSchema: [{ gracePeriodSeconds: -1 }, { gracePeriodSeconds: 1.5 }],
  },
  scale: {
    action: { scale: { by: 1, max: 10 } },
    target: (world, kind) => world.workload(kind),
    also: {
      'what an HPA scales': (world) => world.autoscaled('HorizontalPodAutoscaler'),
      'what KEDA scales': (world) => world.autoscaled('ScaledObject'),
    },
    foreign: [{ spec: { replicas: 7 } }],
    outOfSchema: [
      {},
      { by: 1, to: 2 },
      { by: 0 },
      { by: 1, min: 3, max: 2 },
      { to: 5, max: 4 },
      { by: 1, autoscalerMax: 'Raise' },
      { by: 1, max: 4, autoscalerMax: 'Lift' },
    ],
  },
  label: {
    action: { label: { of: 'Target', remove: ['app'], set: { 'homeostat.dev/quarantine': 'true' } } },
    target: (world, kind) => world.workload(kind),
    foreign: [{ metadata: { labels: { app: 'theirs', 'homeostat.dev/quarantine': 'theirs' } } }],
    outOfSchema: [
      { of: 'Target', set: {} },
      { of: 'Cluster', set: { a: 'b' } },
      { of: 'Target' },
      { of: 'Target', set: { a: 'b' }, remove: ['a'] },
    ],
  },
  annotate: {
    action: { annotate: { of: 'Target', set: { 'homeostat.dev/note': 'any text: it says nothing' } } },
    target: (world) => world.node(),
    foreign: [{ metadata: { annotations: { 'homeostat.dev/note': 'theirs' } } }],
    outOfSchema: [
      { of: 'Target', set: {} },
      { of: 'Target', set: { a: 'x'.repeat(1025) } },
      { of: 'Target', set: { 'not a key': 'b' } },
      { of: 'Target', set: { a: 'b' }, remove: ['a'] },
    ],
  },
  taint: {
    action: { taint: { key: 'homeostat.dev/trial', value: 'a', effect: 'PreferNoSchedule' } },
    target: (world) => world.node(),
    // Taken away and put back: the same taint, and not ours any more.
    foreign: [
      { spec: { taints: null } },
      { spec: { taints: [{ key: 'homeostat.dev/trial', value: 'a', effect: 'PreferNoSchedule' }] } },
    ],
    outOfSchema: [
      { key: 'a' },
      { key: 'a', effect: 'Never' },
      { key: 'not a key', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
      { key: 'a', value: 'not a value', effect: 'NoSchedule' },
    ],
  },
  suspend: {
    action: { suspend: { of: 'CronJob' } },
    kinds: ['CronJob', 'Job'],
    also: { 'a run of a CronJob': (world) => world.run() },
    target: (world, kind) => world.workload(kind),
    foreign: [{ spec: { suspend: null } }, { spec: { suspend: true } }],
    outOfSchema: [{ until: 'tomorrow' }],
  },
  pauseRollout: {
    action: { pauseRollout: {} },
    target: (world, kind) => world.workload(kind),
    foreign: [{ spec: { paused: null } }, { spec: { paused: true } }],
    outOfSchema: [{ seconds: 5 }],
  },
  rolloutRestart: {
    action: { rolloutRestart: {} },
    kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
    target: (world, kind) => world.workload(kind),
    foreign: [
      {
        spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'by somebody else' } } } },
      },
    ],
    outOfSchema: [{ now: true }],
  },
  rolloutUndo: {
    action: { rolloutUndo: {} },
    kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
    target: (world, kind) => world.stuck(kind),
    foreign: [{ spec: { template: { spec: { terminationGracePeriodSeconds: 7 } } } }],
    outOfSchema: [{ toRevision: 0 }, { toRevision: 'previous' }],
  },
  setResources: {
    action: { setResources: { requests: { memory: '48Mi' }, limits: { memory: '2048Mi' } } },
    kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
    target: (world, kind) => world.workload(kind),
    also: { 'a pod in place': (world) => world.sizedPod() },
    foreign: [{ spec: { template: { spec: { containers: [resized] } } } }],
    outOfSchema: [
      {},
      { limits: {} },
      { limits: { memory: '50%' } },
      { limits: { memory: 'much' } },
      { limits: { disk: '1Gi' } },
    ],
  },
  isolatePod: {
    action: { isolatePod: { fromController: true } },
    target: (world) => world.servedPod(),
    foreign: [{ metadata: { labels: { trial: 'theirs', 'homeostat.dev/isolated': 'theirs' } } }],
    outOfSchema: [{ fromController: 'yes' }],
  },
  createObject: {
    makes: true,
    action: {
      createObject: {
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels: { for: '${target.name}' } } },
        named: 'Step',
      },
    },
    target: (world, kind) => world.workload(kind),
    outOfSchema: [
      {},
      { object: { kind: 'ConfigMap' } },
      { object: { apiVersion: 'v1', kind: 'A' }, templateRef: { apiVersion: 'v1', kind: 'ATemplate', name: 'a' } },
      { templateRef: { apiVersion: 'v1', kind: 'A', name: 'a' } },
      { object: { apiVersion: 'v1', kind: 'A' }, named: 'Foo' },
      { object: { apiVersion: 'v1', kind: 'A' }, waitFor: {} },
    ],
  },
  job: {
    makes: true,
    action: { job: { image: 'localhost/busybox:1', command: ['true'], runAsUser: 1000, deadlineSeconds: 60 } },
    target: (world, kind) => world.workload(kind),
    outOfSchema: [
      {},
      { image: 'a', runAsUser: 0 },
      { image: 'a', deadlineSeconds: 0 },
      { image: 'a', undo: {} },
      { image: 'a', env: [{ name: 'HOMEOSTAT_STEP', value: 'x' }] },
    ],
  },
  webhook: {
    makes: true,
    outside: 'Call',
    action: { webhook: { url: 'https://hooks.example.com/fix', data: { of: '${target.name}' }, timeoutSeconds: 5 } },
    target: (world) => world.pod(),
    outOfSchema: [
      {},
      { url: 'hooks.example.com' },
      { url: 'https://user@hooks.example.com' },
      { url: 'https://hooks.example.com', timeoutSeconds: 31 },
      { url: 'https://hooks.example.com', undo: { url: 'x' } },
    ],
  },
  notify: {
    makes: true,
    outside: 'Word',
    action: { notify: { notifier: 'chat', message: '${target.name} is looked after' } },
    target: (world) => world.pod(),
    outOfSchema: [{}, { notifier: 'chat' }, { notifier: 'On Call', message: 'x' }],
  },
};

const manager = managerOf({ name: 'conformance-1' });

export async function ask(api: KubeApi, reads: readonly Read[]): Promise<Live> {
  const answers = new Map<string, Answer>();
  for (const read of reads) {
    const { resource, namespace, name, fieldSelector, labelSelector } = read;
    try {
      if (name === undefined)
        answers.set(readKey(read), {
          is: 'List',
          items: (await api.list(resource, { namespace, fieldSelector, labelSelector })).items,
        });
      else answers.set(readKey(read), { is: 'Found', object: await api.get(resource, { namespace, name }) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      answers.set(readKey(read), { is: 'Absent' });
    }
  }
  return answers;
}

export async function send(api: KubeApi, requests: readonly WriteRequest[]): Promise<void> {
  for (const request of requests) await write(api, request, false);
}

const foreignTaints = (taints: unknown): unknown[] =>
  (Array.isArray(taints) ? taints : []).filter(
    (taint: unknown) => isJsonObject(taint) && !String(taint['key']).startsWith('node.kubernetes.io/'),
  );

/** The parts of an object that people set; everything else is bookkeeping or somebody's status. */
function essence(answer: Answer | undefined): unknown {
  if (answer?.is !== 'Found') return answer?.is;
  const { metadata, spec } = answer.object as KubeObject & { spec?: unknown };
  // The node controller adds and removes taints of its own, some of them because of the cordon.
  const own =
    metadata.namespace === undefined && isJsonObject(spec) ? { ...spec, taints: foreignTaints(spec['taints']) } : spec;
  // The deployment controller counts revisions there, and the node controller notes what it does.
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(
      ([key]) => !/(^|\.)kubernetes\.io\/|^deprecated\.daemonset\./.test(key),
    ),
  );
  const labels = metadata.labels ?? {};
  return JSON.parse(JSON.stringify({ uid: metadata.uid, labels, annotations, spec: own })) as unknown;
}

/** Once more, with what is read anew, when the object was changed in between: controllers write statuses at any time. */
async function unlessChanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || tries === 5) throw error;
    }
  }
}

/** A target and an action that is about to be done to it. */
class Trial {
  readonly world: ActionWorld;
  readonly action: BoundAction;
  readonly context: Context;

  constructor(world: ActionWorld, action: BoundAction, target: Target) {
    this.world = world;
    this.action = action;
    this.context = { target, manager, nowMs: Date.parse('2026-01-31T08:15:00Z') };
  }

  readonly look = (purpose: 'Plan' | 'Confirm' = 'Confirm', changes: readonly Change[] = []): Promise<Live> =>
    ask(this.world.api, [...this.action.reads(this.context.target, purpose), ...changes.map(readOf)]);

  async plan(): Promise<readonly Change[]> {
    const plan = this.action.plan(await this.look('Plan'), this.context);
    if (plan.is !== 'Changes') return expect.fail(`${plan.is}: ${plan.message}`);
    return plan.changes;
  }

  /** What the operator does with changes that it has written down, also when it comes back from a crash. */
  carryOut(changes: readonly Change[]): Promise<number> {
    return unlessChanged(async () => {
      const live = await this.look('Confirm', changes);
      const missing = changes.filter((change) => this.action.inspect(change, live, this.context).is === 'NotMade');
      const requests = this.action.requests(missing, live, this.context);
      await send(this.world.api, requests);
      return requests.length;
    });
  }

  takeBack(changes: readonly Change[]): Promise<string[]> {
    return unlessChanged(async () => {
      const live = await this.look('Confirm', changes);
      const reversals = changes.map((change) => revert(this.action, change, live, this.context));
      const inverse = reversals.flatMap((reversal) => (reversal.is === 'Restore' ? [reversal.change] : []));
      await send(this.world.api, this.action.requests(inverse, live, this.context));
      return reversals.map(({ is }) => is);
    });
  }

  async standings(changes: readonly Change[]): Promise<string[]> {
    const live = await this.look('Confirm', changes);
    return changes.map((change) => this.action.inspect(change, live, this.context).is);
  }

  async essence(changes: readonly Change[]): Promise<unknown> {
    const reads = changes.map(readOf);
    const live = await ask(this.world.api, reads);
    return reads.map((read) => essence(live.get(readKey(read))));
  }
}

/** Defines the suite. `world` is asked anew for each test. */
export function actionConformance(title: string, world: () => ActionWorld): void {
  describe(title, () => {
    for (const name of actionNames) describe(name, () => conformanceOf(name, cases[name], world));
    for (const name of actionNames)
      for (const kind of cases[name].kinds?.slice(1) ?? [])
        wayThereAndBack(`${name} of a ${kind}`, cases[name].action, () => cases[name].target(world(), kind), world);
    for (const name of actionNames)
      for (const [what, target] of Object.entries(cases[name].also ?? {}))
        wayThereAndBack(`${name} of ${what}`, cases[name].action, () => target(world()), world);
  });
}

/** What may differ from kind to kind of object: done twice is done once, and taken back, all is as it was. */
function wayThereAndBack(
  what: string,
  action: Case['action'],
  target: () => Promise<Target>,
  world: () => ActionWorld,
): void {
  it(`${what} is done once, and taken back if it can be`, async () => {
    const bound = actionOf(action);
    const trial = new Trial(world(), bound, await target());
    const changes = await trial.plan();
    const before = await trial.essence(changes);
    expect(await trial.carryOut(changes)).to.be.greaterThan(0);
    expect(await trial.carryOut(changes)).to.equal(0);
    expect(new Set(await trial.takeBack(changes))).to.deep.equal(
      new Set([bound.reversible ? 'Restore' : 'Irreversible']),
    );
    if (bound.reversible) expect(await trial.essence(changes)).to.deep.equal(before);
  });
}

function conformanceOf(
  name: ActionName,
  { action, kinds: [kind] = ['Deployment'], target, foreign, outOfSchema, makes, outside }: Case,
  world: () => ActionWorld,
): void {
  const bound = actionOf(action);
  const begin = async (): Promise<Trial> =>
    new Trial(world(), actionOf(action, await world().origin()), await target(world(), kind));

  if (outside !== 'Word')
    it('done twice is done once', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      expect(await trial.carryOut(changes)).to.be.greaterThan(0);
      const after = await trial.essence(changes);
      expect(await trial.carryOut(changes)).to.equal(0);
      expect(await trial.essence(changes)).to.deep.equal(after);
    });

  if (outside !== 'Word')
    it('the same requests sent again are refused or change nothing', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      const requests = await unlessChanged(async () => {
        const found = trial.action.requests(changes, await trial.look('Confirm', changes), trial.context);
        await send(trial.world.api, found);
        return found;
      });
      const after = await trial.essence(changes);
      const again: unknown = await send(trial.world.api, requests).catch((error: unknown) => error);
      if (again !== undefined) expect((again as ApiError).status).to.be.oneOf([404, 409]);
      expect(await trial.essence(changes)).to.deep.equal(after);
    });

  if (outside === undefined)
    it('taken back without having been done, nothing happens', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      const before = await trial.essence(changes);
      expect(new Set(await trial.takeBack(changes))).to.deep.equal(new Set(['AlreadyThere']));
      expect(await trial.essence(changes)).to.deep.equal(before);
    });

  if (outside !== 'Word')
    it('a crash after any line converges to the same end', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      // Crash after the pre-image was written down: it is seen that nothing was made.
      expect(new Set(await trial.standings(changes))).to.deep.equal(new Set(['NotMade']));
      await trial.carryOut(changes);
      // Crash after the write: it is seen that it was made, however often one looks.
      expect(new Set(await trial.standings(changes))).to.deep.equal(new Set(['Ours']));
      if (!bound.reversible) return;
      await trial.takeBack(changes);
      // Crash after the restoring write: it is seen that everything is as before.
      expect(await trial.takeBack(changes)).to.deep.equal(changes.map(() => 'AlreadyThere'));
    });

  if (outside !== 'Word')
    it(bound.reversible ? 'taken back, everything is as it was' : 'says that it cannot be taken back', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      const before = await trial.essence(changes);
      await trial.carryOut(changes);
      const expected = bound.reversible ? 'Restore' : 'Irreversible';
      expect(new Set(await trial.takeBack(changes))).to.deep.equal(new Set([expected]));
      if (bound.reversible) expect(await trial.essence(changes)).to.deep.equal(before);
    });

  it('does nothing to another object of the same name', async () => {
    const trial = await begin();
    const changes = await trial.plan();
    const stale = trial.action.requests(changes, await trial.look('Confirm', changes), trial.context);
    await world().replace(trial.context.target);
    if (makes) {
      const plan = trial.action.plan(await trial.look('Plan'), trial.context);
      expect(plan).to.deep.include({ is: 'Refused', reason: 'TargetReplaced' });
      return;
    }
    const before = await trial.essence(changes);
    const plan = trial.action.plan(await trial.look('Plan'), trial.context);
    expect(plan).to.deep.include({ is: 'Refused', reason: 'TargetReplaced' });
    const refusal: unknown = await send(trial.world.api, stale).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(ApiError).with.property('status', 409);
    await trial.carryOut(changes);
    const reversals = await trial.takeBack(changes);
    expect(reversals).not.to.include('Restore');
    expect(await trial.essence(changes)).to.deep.equal(before);
  });

  for (const parameters of outOfSchema)
    it(`refuses the parameters ${JSON.stringify(parameters).slice(0, 60)}`, () => {
      const plan = valid.RemediationPlan('x');
      const steps = [{ name: 'step', action: { [name]: parameters }, timeoutSeconds: 60 }];
      const problems = validate('RemediationPlan', { ...plan, spec: { ...plan.spec, steps } });
      expect(problems.map(({ path }) => path).join()).to.include(`spec.steps[0].action.${name}`);
    });

  if (foreign !== undefined)
    it('leaves what somebody changed since', async () => {
      const trial = await begin();
      const changes = await trial.plan();
      await trial.carryOut(changes);
      const [{ resource, namespace, name } = expect.fail('no change')] = changes.map(readOf);
      for (const body of foreign) {
        const edit = { type: 'merge', body } as const;
        await trial.world.api.patch(resource, { namespace, name: name ?? '' }, edit, { fieldManager: 'a-person' });
      }
      const theirs = await trial.essence(changes);
      expect(await trial.takeBack(changes)).to.deep.equal(changes.map(() => 'Superseded'));
      expect(await trial.essence(changes)).to.deep.equal(theirs);
    });
}
