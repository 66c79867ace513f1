/**
 * The invariants, under any interleaving: two replicas that both believe they lead, each with a view of the Remediations
 * that lags as a watch may lag, answers that get lost, crashes between any two requests, people who change the same
 * fields, verdicts that come and go. What fast-check finds it reports with its seed and the shortest way there.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { sameJson, valueAt, valueOf } from '../actions/json.ts';
import { readKey, type Answer } from '../actions/live.ts';
import { readOf } from '../actions/fields.ts';
import { ApiError } from '../kube/api.ts';
import { Deployment, Node, Pod, Remediation as Remediations } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { deployment, node, type WorkloadFixture } from '../testing/fixtures.ts';
import { hasBegun } from './budget.ts';
import type { Decision, Outcome, PolicyVerdict, World } from './decision.ts';
import { writeAll } from '../controllers/remediation/requests.ts';
import { ask, guardrail, remediation, targets, webPod } from './harness.test.ts';
import { next } from './remediation.ts';

const namespace = 'homeostat-system';
const limit = 2;
/** A request is given up after so long, and leadership is checked just before it is sent. */
const longestFlightMs = 15_000;

type Writer = string;
type Write = Extract<Decision, { do: 'Write' }>;

/** The cluster, and an account of its own of who wrote which field. */
class Cluster {
  readonly clock = new FakeClock();
  readonly server = new ApiServer({ clock: this.clock });
  verdict: PolicyVerdict['state'] = 'Firing';
  sinceMs = this.clock.now();
  guardrails: Guardrail[] | undefined = [];
  /** The next write to a target goes wrong like this. */
  fault: 'lost' | 'conflict' | 'refused' | undefined;
  readonly history: Remediation[][] = [];
  /** What people have changed. */
  readonly touched = new Set<string>();
  readonly #writers = new Map<string, Writer>();

  constructor(specs: readonly Remediation[]) {
    for (const name of ['node-1', 'node-2'])
      this.server.seed(Node, node({ name, uid: `uid-${name}`, labels: { pool: 'a' } }));
    this.server.seed(Deployment, deployment({ uid: 'uid-web', generation: 1 }));
    this.server.seed(Pod, webPod());
    for (const made of specs) this.server.seed(Remediations, made);
    this.server.faults = ({ verb, resource, user }) => {
      if (verb !== 'patch' || resource.kind === 'Remediation' || user === 'person') return undefined;
      const fault = this.fault;
      this.fault = undefined;
      if (fault === 'lost')
        return { kind: 'afterCommit', error: new ApiError('lost', { status: 0, reason: 'Timeout' }) };
      const [status, reason] = fault === 'conflict' ? ([409, 'Conflict'] as const) : ([403, 'Forbidden'] as const);
      return fault && { kind: 'error', error: new ApiError(reason, { status, reason }) };
    };
    this.record();
  }

  all = (): Remediation[] => this.server.all<Remediation>(Remediations);

  record(): void {
    this.history.push(this.all());
    this.check();
  }

  /** Invariants 1 and 2, of what is stored. */
  check(): void {
    const begun = this.all().filter(hasBegun);
    const perTarget = Map.groupBy(begun, ({ spec }) => spec.target.uid);
    for (const [uid, of] of perTarget) expect(of.length, `more than one active Remediation of ${uid}`).to.equal(1);
    expect(begun.length, 'the budget is exceeded').to.be.at.most(limit);
  }

  world(view: readonly Remediation[]): Omit<World, 'live' | 'fresh' | 'outcome'> {
    const nowMs = this.clock.now();
    return {
      nowMs,
      settings: { rootNamespace: namespace, allowKubeSystem: false },
      verdict: { state: this.verdict, sinceMs: this.sinceMs, lastSampleMs: nowMs, staleAfterSeconds: 15 },
      plan: {
        spec: { mode: 'Enforce', guards: { maxConcurrent: limit, maxAttempts: 100, cooldownSeconds: 0 } },
        matchedTargets: 10,
      },
      guardrails: this.guardrails,
      remediations: view,
    };
  }

  /** The value of each recorded field now. */
  fields(of: Remediation): { key: string; from: unknown; to: unknown; now: unknown }[] {
    return (of.status?.steps ?? []).flatMap(({ state, changes = [] }) =>
      state === 'Skipped' || state === 'Pending'
        ? []
        : changes.map((change) => {
            const { resource, name = '', namespace } = readOf(change);
            const now = valueAt(this.server.find(resource, { name, namespace }), change.path);
            const key = `${resource.plural}/${name}${change.path}`;
            return { key, from: valueOf(change.from), to: valueOf(change.to), now };
          }),
    );
  }

  /** A write of ours, judged against what was stored and what was there when it took effect. */
  async write(actor: string, { purpose, requests, dryRun }: Write): Promise<Outcome> {
    const name = actor;
    const stored = this.server.find<Remediation>(Remediations, { namespace, name });
    if (stored === undefined) return expect.fail('a write without a record');
    const before = this.fields(stored);
    const outcome = await writeAll(this.server, requests, dryRun);
    const after = this.fields(stored);
    const changed = before.filter(({ now }, index) => !sameJson(now, after[index]?.now));
    if (changed.length > 0) expect(stored.spec.mode, 'Observe and DryRun change nothing').to.equal('Enforce');
    for (const { key, from, to, now } of changed) {
      const manager = `homeostat/${namespace}/${name}`;
      if (purpose === 'Undo') {
        expect(this.#writers.get(key), `undo of ${key}, which is not ours`).to.equal(manager);
        expect(sameJson(now, to), `undo of ${key}, which is not as we left it`).to.equal(true);
        const [request] = requests;
        const given = request?.verb === 'patch' ? request.fieldManager : manager;
        if (given === manager) this.#writers.delete(key);
        else this.#writers.set(key, given);
      } else {
        expect(sameJson(now, from), `${key} is changed without its pre-image`).to.equal(true);
        const undo = stored.status?.steps?.flatMap(({ changes = [] }) => changes.map((change) => change.undo?.state));
        expect(undo, `${key} is changed after it was taken back`).not.to.include('Done');
        expect(this.#writers.get(key), `${key} is changed twice`).not.to.equal(manager);
        this.#writers.set(key, manager);
      }
    }
    return outcome;
  }

  async person(kind: 'node-1' | 'node-2' | 'web', value: number): Promise<void> {
    const edits = {
      node: {
        spec: { unschedulable: value % 2 === 0 ? null : true },
        metadata: { labels: { pool: ['a', 'b', 'c'][value % 3] } },
      },
      web: { spec: { replicas: 2 + (value % 3) } },
    };
    const [resource, name, body] =
      kind === 'web' ? [Deployment, { name: 'web', namespace: 'shop' }, edits.web] : [Node, { name: kind }, edits.node];
    this.touched.add(kind);
    const before = this.server.find(resource, name);
    await this.server.as('person').patch(resource, name, { type: 'merge', body }, { fieldManager: 'person' });
    const after = this.server.find(resource, name);
    for (const path of ['/spec/unschedulable', '/metadata/labels/pool', '/spec/replicas']) {
      if (!sameJson(valueAt(before, path), valueAt(after, path)))
        this.#writers.set(`${resource.plural}/${name.name}${path}`, 'person');
    }
  }

  get replicas(): number | undefined {
    return this.server.find<WorkloadFixture>(Deployment, { namespace: 'shop', name: 'web' })?.spec.replicas;
  }

  playControllers(): void {
    for (const workload of this.server.all<WorkloadFixture>(Deployment)) {
      const { replicas } = workload.spec;
      const observedGeneration = workload.metadata.generation ?? 1;
      const status = { ...workload.status, observedGeneration, replicas, readyReplicas: replicas };
      if (!sameJson(status, workload.status)) this.server.seed(Deployment, { ...workload, status });
    }
  }
}

/** One replica's work on one Remediation, decision by decision. */
class Actor {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #view: () => readonly Remediation[];
  #run:
    | { remediation: Remediation; live: Map<string, Answer>; fresh: boolean; outcome: Outcome | undefined }
    | undefined;
  #decided: { readonly decision: Decision; readonly atMs: number } | undefined;

  constructor(cluster: Cluster, name: string, view: () => readonly Remediation[]) {
    this.#cluster = cluster;
    this.#name = name;
    this.#view = view;
  }

  crash(): void {
    this.#run = undefined;
    this.#decided = undefined;
  }

  /** Decides, or does what was decided before. */
  async step(): Promise<void> {
    const cached = this.#view().find(({ metadata }) => metadata.name === this.#name);
    if (cached === undefined) return this.crash();
    const run = (this.#run ??= { remediation: cached, live: new Map(), fresh: false, outcome: undefined });
    if (this.#decided === undefined) {
      const world = { ...this.#cluster.world(this.#view()), ...run, live: run.live };
      const decision = next(run.remediation, world);
      this.#decided = { decision, atMs: world.nowMs };
      if (decision.do === 'Write' && decision.purpose === 'Act') {
        expect(world.verdict.state, 'acts on stale or unknown data').to.equal('Firing');
        expect(world.guardrails, 'acts although the guardrails are not known').to.deep.equal([]);
      }
      return;
    }
    const { decision, atMs } = this.#decided;
    this.#decided = undefined;
    switch (decision.do) {
      case 'Read':
        for (const read of decision.reads) run.live.set(readKey(read), await ask(this.#cluster.server, read));
        return;
      case 'Reload': {
        const found = this.#cluster.server.find<Remediation>(Remediations, { namespace, name: this.#name });
        if (found === undefined) return this.crash();
        Object.assign(run, { remediation: found, fresh: true });
        return;
      }
      case 'Save':
        return this.#save(run.remediation, decision.status);
      case 'Write':
        if (this.#cluster.clock.now() - atMs > longestFlightMs) return this.crash();
        run.outcome = await this.#cluster.write(this.#name, decision);
        run.live.clear();
        return;
      case 'Lease':
        return expect.fail('leases of nodes are not shared here');
      case 'Release':
      case 'Wait':
        return this.crash();
    }
  }

  async #save(old: Remediation, status: Remediation['status']): Promise<void> {
    try {
      const object = { ...old, status } as Remediation;
      const saved = await this.#cluster.server.replace<Remediation>(Remediations, object, { subresource: 'status' });
      if (this.#run !== undefined) Object.assign(this.#run, { remediation: saved, fresh: true, outcome: undefined });
      this.#cluster.record();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      this.crash();
    }
  }
}

/** Five Remediations that get in each other's way, and one that only observes. */
const undo = { when: 'Recovered', afterSeconds: 0 } as const;
const specs = (): Remediation[] => {
  const of = (
    name: string,
    action: PlanStep['action'],
    target: Remediation['spec']['target'],
    more = {},
  ): Remediation => {
    const steps = [{ name: 'step', action, timeoutSeconds: 60, undo }];
    const verify = { stabilizationSeconds: 5, timeoutSeconds: 60, onFailure: 'Undo' } as const;
    return remediation([], { steps, target, verify, ...more }, name);
  };
  const node2 = { kind: 'Node', name: 'node-2', uid: 'uid-node-2' } as const;
  const label: PlanStep['action'] = { label: { of: 'Target', set: { pool: 'sick' } } };
  return [
    of('cordon-1', { cordon: {} }, targets.node),
    of('label-1', label, targets.node),
    of('cordon-2', { cordon: {} }, node2),
    of('scale-1', { scale: { by: 1, max: 10 } }, targets.workload),
    of('scale-2', { scale: { by: 2, max: 10 } }, targets.pod),
    of('observe-1', { cordon: {} }, node2, { mode: 'Observe' }),
  ];
};
const names = specs().map(({ metadata }) => metadata.name);

type Command =
  | { readonly is: 'step' | 'crash'; readonly replica: number; readonly of: number; readonly times: number }
  /** Sees all there is to see, and goes on for a while. */
  | { readonly is: 'go'; readonly replica: number; readonly of: number; readonly times: number }
  | { readonly is: 'see'; readonly replica: number; readonly by: number }
  | { readonly is: 'person'; readonly what: 'node-1' | 'node-2' | 'web'; readonly value: number }
  | { readonly is: 'verdict'; readonly state: PolicyVerdict['state'] }
  | { readonly is: 'guardrails'; readonly paused: boolean | undefined }
  | { readonly is: 'fault'; readonly fault: 'lost' | 'conflict' | 'refused' }
  | { readonly is: 'advance'; readonly ms: number }
  | { readonly is: 'wish'; readonly of: number; readonly wish: 'undoRequested' | 'cancelRequested' };

const replica = fc.nat(1);
const of = fc.nat(names.length - 1);
const steps = <const Is extends 'step' | 'crash' | 'go'>(is: Is) =>
  fc.record({ is: fc.constant(is), replica, of, times: fc.integer({ min: 1, max: 12 }) });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 16, arbitrary: steps('go') },
  { weight: 16, arbitrary: steps('step') },
  { weight: 3, arbitrary: steps('crash') },
  { weight: 8, arbitrary: fc.record({ is: fc.constant('see' as const), replica, by: fc.nat(6) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('person' as const),
      what: fc.constantFrom('node-1', 'node-2', 'web'),
      value: fc.nat(5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('verdict' as const),
      state: fc.constantFrom<PolicyVerdict['state'][]>('Firing', 'Firing', 'Firing', 'Clear', 'Unknown'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('guardrails' as const),
      paused: fc.constantFrom(undefined, true, false, false, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('fault' as const), fault: fc.constantFrom('lost', 'conflict', 'refused') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constant('advance' as const), ms: fc.constantFrom(100, 2000, 10_000, 61_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('wish' as const),
      of,
      wish: fc.constantFrom('undoRequested', 'cancelRequested'),
    }),
  },
);

/** Finished, and no undo was refused, which is tried again after a minute. */
const isOver = ({ status }: Remediation): boolean =>
  status?.finishedTime !== undefined &&
  !status.steps?.some(({ changes = [] }) => changes.some(({ undo }) => undo?.state === 'Failed'));

class Simulation {
  readonly cluster = new Cluster(specs());
  /** How much of the history each replica has seen. */
  readonly #seen = [0, 0];
  readonly #actors = [0, 1].map((index) =>
    names.map((name) => new Actor(this.cluster, name, () => this.cluster.history[this.#seen[index] ?? 0] ?? [])),
  );

  async run(given: Command): Promise<void> {
    const { cluster } = this;
    switch (given.is) {
      case 'step':
        for (let time = 0; time < given.times; time++) await this.#actor(given).step();
        cluster.playControllers();
        return;
      case 'go':
        await this.run({ is: 'see', replica: given.replica, by: Infinity });
        return this.run({ ...given, is: 'step' });
      case 'crash':
        return this.#actor(given).crash();
      case 'see':
        this.#seen[given.replica] = Math.min((this.#seen[given.replica] ?? 0) + given.by, cluster.history.length - 1);
        return;
      case 'person':
        return cluster.person(given.what, given.value);
      case 'verdict':
        if (cluster.verdict !== given.state) cluster.sinceMs = cluster.clock.now();
        cluster.verdict = given.state;
        return;
      case 'guardrails': {
        const { paused } = given;
        cluster.guardrails =
          paused === undefined ? undefined : paused ? [guardrail({ paused: [{ reason: 'x', by: 'y' }] })] : [];
        return;
      }
      case 'fault':
        cluster.fault = given.fault;
        return;
      case 'advance':
        return cluster.clock.advance(given.ms);
      case 'wish':
        return this.#wish(names[given.of] ?? '', given.wish);
    }
  }

  /** Both replicas see everything and work until there is nothing left to do but to wait for something to happen. */
  async settle(): Promise<void> {
    this.cluster.fault = undefined;
    for (let round = 0; round < 40; round++) {
      if (round > 1 && this.cluster.all().every(isOver)) return;
      for (let index = 0; index < names.length; index++)
        for (const one of [0, 1]) {
          await this.run({ is: 'go', replica: one, of: index, times: 20 });
        }
      await this.cluster.clock.advance(5000);
    }
  }

  #actor({ replica, of }: { replica: number; of: number }): Actor {
    return this.#actors[replica]?.[of] ?? expect.fail('no such actor');
  }

  async #wish(name: string, wish: 'undoRequested' | 'cancelRequested'): Promise<void> {
    const body = { spec: { [wish]: { by: 'alice', reason: 'x' } } };
    await this.cluster.server.as('person').patch(Remediations, { namespace, name }, { type: 'merge', body });
    this.cluster.record();
  }
}

describe('two replicas that both believe they lead', function () {
  it('keep the invariants, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 120, size: 'max' }), async (commands) => {
        const simulation = new Simulation();
        for (const given of commands) await simulation.run(given);
      }),
      { numRuns: Number(process.env['SIMULATION_RUNS'] ?? 150) },
    );
  });

  it('come to an end, and undo all that is still theirs, even when everything is paused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60, size: 'max' }), async (commands) => {
        const simulation = new Simulation();
        for (const given of commands) await simulation.run(given);
        await simulation.run({ is: 'guardrails', paused: true });
        for (const of of names.keys()) await simulation.run({ is: 'wish', of, wish: 'undoRequested' });
        await simulation.settle();
        for (const made of simulation.cluster.all()) {
          expect(made.status?.finishedTime, `${made.metadata.name} does not end`).to.be.a('string');
          const undos = made.status?.steps?.flatMap(({ state, changes = [] }) =>
            state === 'Skipped' ? [] : changes.map(({ undo }) => undo?.state),
          );
          for (const state of undos ?? []) expect(state).to.be.oneOf(['Done', 'Superseded']);
        }
        if (!simulation.cluster.touched.has('web')) expect(simulation.cluster.replicas).to.equal(2);
      }),
      { numRuns: Number(process.env['SIMULATION_RUNS'] ?? 30) },
    );
  });
});
