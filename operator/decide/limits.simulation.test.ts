/**
 * Rates, limits per topology and storms under any interleaving: two replicas that both believe they lead, each with a view
 * that lags as a watch may lag, and that die between any two requests. Why it holds stands in budget.ts.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Remediation } from '../../crds/remediation.ts';
import { readKey, type Answer } from '../actions/live.ts';
import { writeAll } from '../controllers/remediation/requests.ts';
import { ApiError } from '../kube/api.ts';
import { Node, Remediation as Remediations } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { node, type NodeFixture } from '../testing/fixtures.ts';
import { hasBegun } from './budget.ts';
import { startedMs } from './chain.ts';
import type { ClusterFacts, Decision, Outcome, World } from './decision.ts';
import { ask, nodesOnly, remediation } from './harness.test.ts';
import { next } from './remediation.ts';

const namespace = 'homeostat-system';
const zones = ['a', 'a', 'a', 'b', 'b', 'c'] as const;
const rate = { count: 3, seconds: 60 };
const perZone = 1;
const storm = { above: 4, clearSeconds: 30, observeSeconds: 0 } as const;

interface Run {
  remediation: Remediation;
  readonly live: Map<string, Answer>;
  fresh: boolean;
  outcome: Outcome | undefined;
  decided?: Decision | undefined;
}

class Model {
  readonly clock = new FakeClock();
  readonly server = new ApiServer({ clock: this.clock });
  readonly history: Remediation[][] = [];
  /** Up to which entry of the history each replica has seen. */
  readonly seen = [0, 0];
  readonly #runs = new Map<string, Run>();
  readonly #facts: ClusterFacts = nodesOnly(() => this.server.all<NodeFixture>(Node));
  firing = 3;
  state: World['verdict']['state'] = 'Firing';
  /** How near to the limits it came. */
  readonly most = { inWindow: 0, inZone: 0, blockedByStorm: 0 };

  constructor() {
    zones.forEach((zone, index) => {
      const [name, uid] = [`node-${index}`, `uid-${index}`];
      this.server.seed(Node, node({ name, uid, labels: { zone } }));
      const step = {
        name: 'step',
        action: { cordon: {} },
        timeoutSeconds: 60,
        undo: { when: 'Recovered', afterSeconds: 0 },
      } as const;
      const verify = { stabilizationSeconds: 1, timeoutSeconds: 20, onFailure: 'Undo' } as const;
      const target = { kind: 'Node', name, uid } as const;
      this.server.seed(Remediations, remediation([], { steps: [step], verify, target }, `fix-${index}`));
    });
    this.#record();
  }

  #record(): void {
    const all = this.server.all<Remediation>(Remediations);
    this.history.push(all);
    const starts = all.flatMap((each) => startedMs(each) ?? []).toSorted((a, b) => a - b);
    for (const end of starts) {
      const inWindow = starts.filter((start) => start <= end && start > end - rate.seconds * 1000).length;
      this.most.inWindow = Math.max(this.most.inWindow, inWindow);
      expect(inWindow, 'begun within the window').to.be.at.most(rate.count);
    }
    const begun = Map.groupBy(all.filter(hasBegun), ({ spec }) => zones[Number(spec.target.uid.slice(4))]);
    for (const [zone, of] of begun) {
      this.most.inZone = Math.max(this.most.inZone, of.length);
      expect(of.length, `under way in zone ${zone}`).to.be.at.most(perZone);
    }
  }

  crash(replica: number): void {
    for (const key of this.#runs.keys()) if (key.startsWith(`${replica}/`)) this.#runs.delete(key);
  }

  see(replica: number, by: number): void {
    this.seen[replica] = Math.min(this.history.length - 1, (this.seen[replica] ?? 0) + by);
  }

  #world(view: readonly Remediation[]): Omit<World, 'live' | 'fresh'> {
    const nowMs = this.clock.now();
    const load = { matched: zones.length, firing: this.firing };
    const guards = {
      maxConcurrent: 10,
      maxAttempts: 100,
      cooldownSeconds: 0,
      maxPerWindow: rate,
      perTopology: { key: 'zone', maxConcurrent: perZone },
      storm,
    };
    return {
      nowMs,
      settings: { rootNamespace: namespace, allowKubeSystem: false },
      verdict: { state: this.state, sinceMs: nowMs, lastSampleMs: nowMs, staleAfterSeconds: 15 },
      plan: { spec: { mode: 'Enforce', guards }, matchedTargets: zones.length, load },
      guardrails: [],
      cluster: this.#facts,
      remediations: view,
    };
  }

  /** One replica decides about one Remediation, or does what it decided before. */
  async step(replica: number, of: number): Promise<void> {
    const key = `${replica}/${of}`;
    const view = this.history[this.seen[replica] ?? 0] ?? [];
    const cached = view[of];
    if (cached === undefined) return;
    const run: Run = this.#runs.get(key) ?? { remediation: cached, live: new Map(), fresh: false, outcome: undefined };
    this.#runs.set(key, run);
    const { decided } = run;
    if (decided === undefined) {
      run.decided = next(run.remediation, {
        ...this.#world(view),
        live: run.live,
        fresh: run.fresh,
        outcome: run.outcome,
      });
      this.#checkStorm(run.remediation, run.decided);
      return;
    }
    run.decided = undefined;
    switch (decided.do) {
      case 'Read':
        for (const read of decided.reads) run.live.set(readKey(read), await ask(this.server, read));
        return;
      case 'Reload':
        run.remediation = (this.history.at(-1) ?? [])[of] ?? run.remediation;
        run.fresh = true;
        return;
      case 'Save':
        return this.#save(key, run, decided.status);
      case 'Write':
        run.outcome = await writeAll(this.server, decided.requests, decided.dryRun);
        run.live.clear();
        return;
      case 'Lease':
      case 'Release':
      case 'Wait':
        this.#runs.delete(key);
    }
  }

  #checkStorm(before: Remediation, decision: Decision): void {
    if (decision.do !== 'Save' || this.firing <= storm.above) return;
    const begins = before.status?.startedTime === undefined && decision.status.startedTime !== undefined;
    expect(begins, 'begins in a storm').to.equal(false);
    if (decision.status.conditions?.some(({ reason }) => reason === 'Storm')) this.most.blockedByStorm++;
  }

  async #save(key: string, run: Run, status: Remediation['status']): Promise<void> {
    try {
      const object = { ...run.remediation, status } as Remediation;
      run.remediation = await this.server.replace<Remediation>(Remediations, object, { subresource: 'status' });
      run.fresh = true;
      run.outcome = undefined;
      this.#record();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      this.#runs.delete(key);
    }
  }
}

type Command =
  | { readonly is: 'go' | 'step'; readonly replica: number; readonly of: number; readonly times: number }
  | { readonly is: 'see'; readonly replica: number; readonly by: number }
  | { readonly is: 'crash'; readonly replica: number }
  | { readonly is: 'advance'; readonly ms: number }
  | { readonly is: 'firing'; readonly count: number }
  | { readonly is: 'verdict'; readonly state: 'Firing' | 'Clear' };

const replica = fc.nat(1);
const work = <const Is extends 'go' | 'step'>(is: Is) =>
  fc.record({ is: fc.constant(is), replica, of: fc.nat(zones.length - 1), times: fc.integer({ min: 1, max: 20 }) });
const commands = fc.array<Command>(
  fc.oneof(
    { weight: 20, arbitrary: work('go') },
    { weight: 12, arbitrary: work('step') },
    { weight: 8, arbitrary: fc.record({ is: fc.constant('see' as const), replica, by: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constant('crash' as const), replica }) },
    {
      weight: 4,
      arbitrary: fc.record({ is: fc.constant('advance' as const), ms: fc.constantFrom(500, 2000, 21_000, 59_000) }),
    },
    { weight: 2, arbitrary: fc.record({ is: fc.constant('firing' as const), count: fc.constantFrom(2, 3, 4, 5) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('verdict' as const),
        state: fc.constantFrom<('Firing' | 'Clear')[]>('Firing', 'Firing', 'Clear'),
      }),
    },
  ),
  { minLength: 20, maxLength: 120 },
);

async function obey(model: Model, command: Command): Promise<void> {
  switch (command.is) {
    case 'go':
    case 'step':
      for (let i = 0; i < command.times; i++) {
        if (command.is === 'go') model.see(command.replica, Infinity);
        await model.step(command.replica, command.of);
      }
      return;
    case 'see':
      return model.see(command.replica, command.by);
    case 'crash':
      return model.crash(command.replica);
    case 'advance':
      return model.clock.advance(command.ms);
    case 'firing':
      model.firing = command.count;
      return;
    case 'verdict':
      model.state = command.state;
  }
}

describe('rates, limits per topology and storms', function () {
  it('hold under any interleaving of two replicas that see late and die', async () => {
    const most = { inWindow: 0, inZone: 0, blockedByStorm: 0 };
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const model = new Model();
        for (const command of list) await obey(model, command);
        for (const key of ['inWindow', 'inZone', 'blockedByStorm'] as const)
          most[key] = Math.max(most[key], model.most[key]);
      }),
      { numRuns: 150 },
    );
    // That the limits held says something only where they were reached.
    expect(most.inWindow).to.equal(rate.count);
    expect(most.inZone).to.equal(perZone);
    expect(most.blockedByStorm).to.be.greaterThan(0);
  });
});
