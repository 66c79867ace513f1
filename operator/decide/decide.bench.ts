/** What a decision costs while many Remediations are blocked, as in a storm: each is asked again and again. */
import type { Remediation } from '../../crds/remediation.ts';
import { readKey, type Answer, type Read } from '../actions/live.ts';
import type { ClusterFacts, NodeFacts, World } from './decision.ts';
import { next } from './remediation.ts';
import { toTime } from './time.ts';

export interface DecideFigures {
  /** Remediations that wait; one more is under way. */
  readonly blocked: number;
  /** A decision, when what is watched has not changed since the one before: CPU time. */
  readonly microseconds: number;
  /** All of them once, after a change of what is watched. */
  readonly roundMilliseconds: number;
}

const nowMs = Date.UTC(2026, 0, 1, 12);
const nameOf = (index: number): string => `node-${index}`;

/** One for each node, of which the first has begun. */
export function blockedRemediations(count: number): Remediation[] {
  return Array.from({ length: count + 1 }, (_, index): Remediation => {
    const name = nameOf(index);
    return {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'Remediation',
      metadata: { namespace: 'homeostat-system', name: `fix-${index}`, uid: `uid-fix-${index}`, generation: 1 },
      spec: {
        planRef: { name: 'fix', uid: 'uid-fix', generation: 1 },
        incidentRef: { name: `trouble-${index}`, uid: `uid-trouble-${index}` },
        target: { kind: 'Node', name, uid: `uid-${name}` },
        mode: 'Enforce',
        attempt: 1,
        steps: [{ name: 'cordon', action: { cordon: {} }, timeoutSeconds: 60 }],
        verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
      },
      status: index === 0 ? { startedTime: toTime(nowMs - 5000) } : {},
    };
  });
}

/** Asks for a decision about each of these that waits; they are replaced by what is to be saved of them. */
export class BlockedWorld {
  #snapshot: readonly Remediation[];
  readonly #nodes: ReadonlyMap<string, NodeFacts>;
  readonly #cluster: ClusterFacts;

  constructor(snapshot: readonly Remediation[]) {
    this.#snapshot = snapshot;
    this.#nodes = new Map(
      snapshot.map((_, index) => [nameOf(index), { name: nameOf(index), labels: { zone: 'a' }, healthy: index > 0 }]),
    );
    const health = { total: this.#nodes.size, healthy: this.#nodes.size - 1 };
    this.#cluster = {
      node: (name) => this.#nodes.get(name),
      health: () => health,
      controlPlane: () => [],
      workload: () => undefined,
      isPodHealthy: () => false,
      owner: () => undefined,
    };
  }

  get size(): number {
    return this.#snapshot.length;
  }

  /** As when the watch tells of something: everything that was counted is counted anew. */
  changed(): void {
    this.#snapshot = [...this.#snapshot];
  }

  /** Has every Remediation say that it is blocked, and why; `as` makes of each what is looked at from then on. */
  settle(as: (remediation: Remediation) => Remediation = (remediation) => remediation): void {
    this.#snapshot = this.#snapshot.map((each, index) => as(index === 0 ? each : this.#saved(index)));
  }

  /** Whether it waits, as it should. */
  decide(index: number): boolean {
    const remediation = this.#snapshot[index];
    return remediation !== undefined && next(remediation, this.#world(remediation)).do === 'Wait';
  }

  #saved(index: number): Remediation {
    const remediation = this.#snapshot[index];
    if (remediation === undefined) throw new Error('there is none');
    const decision = next(remediation, this.#world(remediation));
    if (decision.do !== 'Save') throw new Error(`it is to be saved, not ${decision.do}`);
    return { ...remediation, status: decision.status };
  }

  #world({ spec: { target } }: Remediation): World {
    const { name, uid } = target;
    const read: Read = {
      resource: { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
      name,
    };
    const answer: Answer = { is: 'Found', object: { metadata: { name, uid, labels: { zone: 'a' } } } };
    const guards = {
      maxConcurrent: 1,
      maxPerWindow: { count: 2, seconds: 600 },
      perTopology: { key: 'zone', maxConcurrent: 1 },
      minHealthy: '10%',
      maxAttempts: 3,
      cooldownSeconds: 300,
      breaker: { failures: 3, openSeconds: 600 },
    };
    return {
      nowMs,
      settings: { rootNamespace: 'homeostat-system', allowKubeSystem: false },
      verdict: { state: 'Firing', sinceMs: nowMs - 60_000, lastSampleMs: nowMs, staleAfterSeconds: 15 },
      plan: { spec: { mode: 'Enforce', guards }, matchedTargets: this.size },
      guardrails: [],
      feedback: { truePositives: 0, falsePositives: 0 },
      cluster: this.#cluster,
      remediations: this.#snapshot,
      live: new Map([[readKey(read), answer]]),
      fresh: false,
    };
  }
}

/** The fastest of some rounds: what else the machine does only ever adds. */
export function decideBench(blocked: number, rounds = 10): DecideFigures {
  const world = new BlockedWorld(blockedRemediations(blocked));
  world.settle();
  const round = (): number => {
    const before = process.cpuUsage();
    for (let index = 1; index < world.size; index++)
      if (!world.decide(index)) throw new Error('a Remediation is not blocked as it should be');
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const again: number[] = [];
  const anew: number[] = [];
  for (let i = 0; i < rounds; i++) {
    world.changed();
    anew.push(round());
    again.push(round());
  }
  return {
    blocked,
    microseconds: Math.round((Math.min(...again) / blocked) * 10) / 10,
    roundMilliseconds: Math.round(Math.min(...anew) / 100) / 10,
  };
}
