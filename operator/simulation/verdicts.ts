/**
 * What the engine says in each process: every policy's verdict on every place, told with a delay of its own to each
 * process, as if from the frame stream. The engine itself is not run: it is a function of the stream, and has a replay
 * test of its own.
 */
import type { TargetKind } from '../../crds/references.ts';
import type { Verdict, VerdictChange, VerdictState } from '../../engine/evaluate/verdict.ts';
import { targetKey } from '../controllers/targets.ts';
import type { Cluster } from './cluster.ts';
import { judges, slotNamed, slots as allSlots, targetOf, type Slot } from './slots.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A policy as far as the engine is concerned. */
export interface JudgingPolicy {
  readonly uid: string;
  readonly kind: TargetKind;
  readonly namespace: string;
}

/** Where changes go; each process takes them in its own time. */
export type Listener = (change: VerdictChange) => void;

/** No sample for so long, and a target is unknown: the default of policies. */
export const staleAfterMs = 15_000;
/** A new pod is judged so long after it began. */
const firstJudgedMs = 1500;

export class Verdicts {
  readonly #time: VirtualTime;
  readonly #cluster: Cluster;
  /** Every policy there ever was. */
  readonly policies: readonly JudgingPolicy[];
  /** By `policy uid, key of the target`. */
  readonly #current = new Map<string, Map<string, Verdict>>();
  /** Policies and places that are ill: what stands there fires. */
  readonly #ill = new Set<string>();
  /** Places of which no samples come, and since when. */
  readonly #silentSinceMs = new Map<string, number>();
  readonly #slotOf = new Map<string, string>();
  readonly #listeners = new Set<Listener>();

  constructor(time: VirtualTime, cluster: Cluster, policies: readonly JudgingPolicy[]) {
    this.#time = time;
    this.#cluster = cluster;
    this.policies = policies;
  }

  /** Calls `listener` with every change; the result ends that. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All verdicts of a policy now. */
  of(policyUid: string): ReadonlyMap<string, Verdict> {
    return this.#current.get(policyUid) ?? new Map();
  }

  /** When the last sample of a target was taken. */
  lastSampleMs(uid: string): number {
    return this.#silentSinceMs.get(this.#slotOf.get(uid) ?? '') ?? this.#time.now();
  }

  /** Judges every place for the first time. */
  begin(): void {
    for (const policy of this.policies)
      for (const name of placesOf(policy)) this.#judge(policy, slotNamed(name), 'Inactive');
  }

  /** From now on what stands in this place is ill, or well, by the word of one policy; what is ill fires, unless it is pending. */
  set(policyIndex: number, slotName: string, isIll: boolean, isPending = false): void {
    const policy = this.policies[policyIndex];
    const slot = slotNamed(slotName);
    if (policy === undefined || !judges(policy, slot)) return;
    if (isIll) this.#ill.add(illness(policy, slot));
    else this.#ill.delete(illness(policy, slot));
    if (!this.#silentSinceMs.has(slotName))
      this.#judge(policy, slot, !isIll ? 'Inactive' : isPending ? 'Pending' : 'Firing');
  }

  /** No more samples of a place come: after a while it is unknown. */
  silence(slotName: string): void {
    if (this.#silentSinceMs.has(slotName)) return;
    const sinceMs = this.#time.now();
    this.#silentSinceMs.set(slotName, sinceMs);
    this.#time.after(staleAfterMs, () => {
      if (this.#silentSinceMs.get(slotName) === sinceMs) this.#judgeAll(slotNamed(slotName), () => 'Unknown');
    });
  }

  /** Samples come again. */
  speak(slotName: string): void {
    if (this.#silentSinceMs.delete(slotName))
      this.#judgeAll(slotNamed(slotName), (policy) => this.#stateOf(policy, slotName));
  }

  /** Everything is well, and everything speaks. */
  heal(): void {
    this.#ill.clear();
    for (const name of this.#silentSinceMs.keys()) this.speak(name);
    for (const policy of this.policies)
      for (const name of placesOf(policy)) this.#judge(policy, slotNamed(name), 'Inactive');
  }

  /** What stood in a place is gone, or something new stands there. */
  replaced(slot: Slot): void {
    const occupant = this.#cluster.occupant(slot);
    if (occupant === undefined) this.#leave(slot);
    else
      this.#time.after(firstJudgedMs, () => {
        if (this.#cluster.occupant(slot)?.uid !== occupant.uid || this.#silentSinceMs.has(slot.name)) return;
        this.#judgeAll(slot, (policy) => this.#stateOf(policy, slot.name));
      });
  }

  #stateOf(policy: JudgingPolicy, slotName: string): VerdictState {
    return this.#ill.has(illness(policy, slotNamed(slotName))) ? 'Firing' : 'Inactive';
  }

  #judgeAll(slot: Slot, stateOf: (policy: JudgingPolicy) => VerdictState): void {
    for (const policy of this.policies) if (judges(policy, slot)) this.#judge(policy, slot, stateOf(policy));
  }

  #judge(policy: JudgingPolicy, slot: Slot, state: VerdictState): void {
    const occupant = this.#cluster.occupant(slot);
    if (occupant === undefined) return;
    const target = targetOf(slot, occupant, policy.kind);
    const key = targetKey(target);
    const of = this.#current.get(policy.uid) ?? new Map<string, Verdict>();
    const before = of.get(key);
    if (before?.state === state) return;
    const nowMs = this.#time.now();
    const isEpisode = state === 'Firing';
    const verdict: Verdict = {
      policyId: policy.uid,
      revision: '1',
      target,
      state,
      sinceMs: nowMs,
      // Whoever has this sample says so: before it the target was well.
      firstSampleMs: isEpisode ? nowMs : NaN,
      lastSampleMs: nowMs,
      confidence: isEpisode ? 1 : 0,
      evidence: [],
    };
    of.set(key, verdict);
    this.#current.set(policy.uid, of);
    this.#slotOf.set(target.uid, slot.name);
    this.#tell({ verdict, from: before?.state ?? 'Inactive', atMs: nowMs, cause: 'Judged' });
  }

  #leave(slot: Slot): void {
    for (const policy of this.policies)
      for (const [key, verdict] of this.of(policy.uid)) {
        if (this.#slotOf.get(verdict.target.uid) !== slot.name) continue;
        this.#current.get(policy.uid)?.delete(key);
        this.#tell({ verdict, from: verdict.state, atMs: this.#time.now(), cause: 'TargetGone' });
      }
  }

  #tell(change: VerdictChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const illness = ({ uid }: JudgingPolicy, { name }: Slot): string => `${uid} ${name}`;

/** The places that a policy judges, by name. */
export const placesOf = (policy: Pick<JudgingPolicy, 'kind' | 'namespace'>): string[] =>
  allSlots.filter((slot) => judges(policy, slot)).map(({ name }) => name);
