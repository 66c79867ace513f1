import { Discoveries } from '../policy/discoveries.ts';
import { chanceOf, judge, type Judgement, type When } from '../policy/judgement.ts';
import { pause, released, step, waiting, type Standing } from '../policy/standing.ts';
import { grown } from '../windows/pane-window.ts';
import { Attention, noticed, timed, watched } from './attention.ts';
import type { CompiledPolicy } from './compile.ts';
import { Groups } from './groups.ts';
import type { Teller } from './hearing.ts';
import { Places } from './places.ts';
import type { Scratch } from './scratch.ts';
import { SignalRun } from './signal-run.ts';
import type { Target } from './target.ts';
import { Slots } from './slots.ts';
import type { EvaluatorStats, PolicyFaults, StarvedSignal } from './stats.ts';
import type { Verdict, VerdictChange, VerdictState, Wanted } from './verdict.ts';

/** Nobody speaks of a target any more for so long: it is gone. */
export const forgetAfterMs = 15_000;

/** A policy in force: its targets, one slot each, with their signals and where they stand. */
export class PolicyRun {
  policy: CompiledPolicy;
  matches: (target: Target) => boolean;
  signals: readonly SignalRun[];
  #expressionErrors = 0;
  #expressionError: string | undefined;
  readonly #emit: (change: VerdictChange) => void;
  readonly #stats: EvaluatorStats;
  readonly #targets: (Target | undefined)[] = [];
  readonly #slots = new Slots((slot) => this.#targets[slot]?.key ?? '');
  readonly #groups = new Groups();
  readonly #places = new Places();
  readonly #attention = new Attention();
  /** The conditions of those that were judged by one. */
  readonly #whens = new Map<number, When>();
  /** For each slot, the end of its warm-up, and when it was judged last. */
  #warmMs = new Float64Array(0);
  #judgedMs = new Float64Array(0);
  /** Slots of which no row spoke any more at some time since it was looked whether the policy selects their targets. */
  #left: number[] = [];
  #discoveries: Discoveries | undefined;
  /** Since when nothing is judged; undefined while it is. */
  #suspendedMs: number | undefined;

  constructor(
    policy: CompiledPolicy,
    matches: (target: Target) => boolean,
    emit: (change: VerdictChange) => void,
    stats: EvaluatorStats,
  ) {
    this.#stats = stats;
    this.policy = policy;
    this.matches = matches;
    this.#emit = emit;
    this.signals = policy.signals.map((signal) => new SignalRun(signal, 0, this.#groups));
    this.#discoveries = policy.discoveries && new Discoveries(policy.discoveries);
  }

  /** Slots in use or free: every slot is less. */
  get slots(): number {
    return this.#slots.length;
  }

  /** Whether its samples are to be kept away from it. */
  get isSuspended(): boolean {
    return this.#suspendedMs !== undefined;
  }

  /** Nothing is judged any more, and every verdict is Unknown; of inactive targets that is not told. */
  suspend(nowMs: number): void {
    if (this.isSuspended) return;
    this.#suspendedMs = nowMs;
    this.#places.close(nowMs);
    for (const slot of Array.from(this.#places.unsettled())) this.#lose(slot, nowMs);
  }

  /**
   * It is judged again: each target by its next samples. What was not heard meanwhile counts neither as silence nor as
   * missing.
   */
  resume(nowMs: number): void {
    if (this.#suspendedMs === undefined) return;
    for (const signal of this.signals) signal.forgive(nowMs - this.#suspendedMs);
    this.#suspendedMs = undefined;
    this.#places.open(this.#slots.values());
    for (const slot of this.#slots.values()) {
      this.#warmMs[slot] = Math.max(this.#warmMs[slot] as number, nowMs);
      this.#attention.pay(slot, watched);
    }
  }

  /** Takes another version of the policy over; answers the names of the signals that begin anew. */
  update(policy: CompiledPolicy, matches: (target: Target) => boolean, nowMs: number): string[] {
    const old = [...this.signals];
    const restarted: string[] = [];
    this.signals = policy.signals.map((signal) => {
      const same = old.findIndex((run) => run.signal.definition === signal.definition);
      const [kept] = same < 0 ? [] : old.splice(same, 1);
      if (kept !== undefined) return kept.renamed(signal);
      restarted.push(signal.name);
      const fresh = new SignalRun(signal, this.#slots.capacity, this.#groups);
      for (const slot of this.#slots.values()) fresh.reset(slot, nowMs);
      return fresh;
    });
    this.policy = policy;
    this.matches = matches;
    this.#left = Array.from(this.#slots.gone, ([slot]) => slot);
    if (JSON.stringify(this.#discoveries?.rate) !== JSON.stringify(policy.discoveries))
      this.#discoveries = policy.discoveries && new Discoveries(policy.discoveries);
    this.#whens.clear();
    for (const slot of this.#slots.values()) this.#attention.pay(slot, timed);
    return restarted;
  }

  /** The slot of a target, as it is described now; -1 when it is new and the policy has `most` already. */
  admit(target: Target, most: number, nowMs: number): number {
    const known = this.#slots.of(target.key);
    if (known !== undefined) {
      if (this.#targets[known] !== target) {
        this.#targets[known] = target;
        this.#groups.join(known, target);
        this.#whens.delete(known);
      }
      return known;
    }
    if (this.#slots.size >= most) return -1;
    const slot = this.#slots.take(target.key, nowMs, target.node);
    this.#grow(this.#slots.capacity);
    this.#warmMs[slot] = -Infinity;
    this.#judgedMs[slot] = nowMs;
    this.#attention.pay(slot, 0);
    this.#groups.join(slot, target);
    for (const signal of this.signals) signal.reset(slot, nowMs);
    this.#targets[slot] = target;
    this.#places.begin(slot, nowMs);
    return slot;
  }

  /** Notes that one row more, or less, speaks of a target; one that is young is not missed until `warmMs`. */
  addRow(slot: number, warmMs: number): void {
    this.#slots.addRow(slot);
    if (warmMs > (this.#warmMs[slot] as number)) this.#warmMs[slot] = warmMs;
  }

  removeRow(slot: number, nowMs: number): void {
    if (this.#slots.removeRow(slot, nowMs)) this.#left.push(slot);
  }

  /** Whether targets are looked at though their signals are quiet. */
  get attends(): boolean {
    return this.#attention.any;
  }

  /** Remembers to judge those of some slots, told of by `teller`, of which there is anything to say. */
  lookAt(slots: Int32Array, length: number, signal: SignalRun, teller: Teller): void {
    const firing = signal.bank.firing;
    const { why } = this.#attention;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || ((firing[slot] as number) | (why[slot] as number)) === 0) continue;
      signal.hearing.toldBy(slot, teller);
      this.#attention.heat(slot);
    }
  }

  /** Judges what was remembered. */
  settle(nowMs: number): void {
    for (let slot = this.#attention.next(); slot >= 0; slot = this.#attention.next()) this.#judge(slot, nowMs);
  }

  /** Lets time pass: timers, silence, missing samples, targets that are gone. */
  advance(nowMs: number, scratch: Scratch): void {
    scratch.lend(this.slots);
    const { staleAfterMs } = this.policy;
    const { length, live } = this.#slots;
    for (const [slot, goneMs] of this.#slots.gone)
      if (nowMs - goneMs >= forgetAfterMs) this.end(slot, nowMs, 'TargetGone');
    if (this.isSuspended) return;
    this.#attention.heatTimed(length);
    for (const signal of this.signals) {
      signal.elapse(live, length, nowMs, staleAfterMs, scratch.values);
      const turned = signal.turned(live, length, nowMs, staleAfterMs, scratch.values, scratch.slots);
      for (let i = 0; i < turned; i++) this.#attention.heat(scratch.slots[i] as number);
      // By slot, whether they are timed or turn.
      if (turned > 0 && signal === this.signals[0]) this.#attention.sort();
    }
    this.settle(nowMs);
    this.#discover(nowMs);
  }

  /** Lets go of a target; says so when it was anything but inactive. */
  end(slot: number, nowMs: number, cause: 'TargetGone' | 'PolicyGone'): void {
    const target = this.#targets[slot];
    if (target === undefined) return;
    const from = this.#places.standing(slot).state;
    const last = { ...this.#verdict(slot, target, nowMs), state: 'Inactive', sinceMs: nowMs, confidence: 0 } as const;
    this.#slots.free(target.key, slot, target.node);
    this.#groups.leave(slot);
    this.#targets[slot] = undefined;
    this.#places.end(slot);
    this.#whens.delete(slot);
    this.#attention.pay(slot, 0);
    this.#discoveries?.end(slot);
    if (from !== 'Inactive') this.#emit({ verdict: last, from, atMs: nowMs, cause });
  }

  /** Ends those targets of which no row speaks and that the policy does not select any more. */
  endUnmatched(nowMs: number): void {
    for (const slot of this.#left) {
      const target = this.#slots.isGone(slot) ? this.#targets[slot] : undefined;
      if (target !== undefined && !this.matches(target)) this.end(slot, nowMs, 'TargetGone');
    }
    this.#left = [];
  }

  endAll(nowMs: number): void {
    for (const slot of Array.from(this.#slots.values())) this.end(slot, nowMs, 'PolicyGone');
  }

  *verdicts(nowMs: number, wanted: Wanted): Iterable<Verdict> {
    for (const slot of this.#slots.values()) {
      const target = this.#targets[slot];
      if (target !== undefined && wanted(target, this.#places.shown(slot).state))
        yield this.#verdict(slot, target, nowMs);
    }
  }

  *unsettled(nowMs: number, wanted: Wanted): Iterable<Verdict> {
    for (const slot of this.#places.unsettled()) {
      const target = this.#targets[slot];
      if (target !== undefined && wanted(target, this.#places.shown(slot).state))
        yield this.#verdict(slot, target, nowMs);
    }
  }

  /** The targets of which nothing is known. */
  *unknown(): Iterable<Target> {
    for (const slot of this.#places.hidden > 0 ? this.#slots.values() : this.#places.unsettled()) {
      const target = this.#targets[slot];
      if (target !== undefined && this.#places.shown(slot).state === 'Unknown') yield target;
    }
  }

  *targets(): Iterable<Target> {
    for (const slot of this.#slots.values()) {
      const target = this.#targets[slot];
      if (target !== undefined) yield target;
    }
  }

  verdict(key: string, nowMs: number): Verdict | undefined {
    const slot = this.#slots.of(key) ?? -1;
    const target = this.#targets[slot];
    return target && this.#verdict(slot, target, nowMs);
  }

  /** How many targets stand how. */
  counts(): Record<VerdictState, number> {
    return this.#places.counts();
  }

  /** The targets of which a sensor seems to be stuck. */
  *stuck(): Iterable<Target> {
    const signals = this.signals.filter(({ flaws }) => flaws.seesStillness);
    if (signals.length === 0) return;
    for (const slot of this.#slots.values()) {
      const target = this.#targets[slot];
      if (target !== undefined && signals.some((signal) => signal.isStuck(slot))) yield target;
    }
  }

  /** The signals that never have a value for some targets, as their windows ask for more samples than come. */
  starved(): StarvedSignal[] {
    return this.signals.map((signal) => signal.starved(this.#slots.values())).filter((signal) => signal !== undefined);
  }

  faults(): PolicyFaults {
    return {
      expressionErrors: this.#expressionErrors,
      expressionError: this.#expressionError,
      lateSamples: this.signals.reduce((total, { late }) => total + late, 0),
      infiniteSamples: this.signals.reduce((total, { flaws }) => total + flaws.infinite, 0),
      counterResets: this.signals.reduce((total, { flaws }) => total + flaws.resets, 0),
      outliers: this.signals.reduce((total, { flaws }) => total + flaws.outliers, 0),
      heldBack: this.#discoveries?.heldBack ?? 0,
      imputedSamples: this.signals.reduce((total, { imputed }) => total + imputed, 0),
    };
  }

  #judge(slot: number, atMs: number): void {
    // Sources may differ a little in their times; for a target, time does not go back.
    const nowMs = Math.max(atMs, this.#judgedMs[slot] as number);
    this.#judgedMs[slot] = nowMs;
    if (this.#isQuiet(slot, nowMs)) return;
    const target = this.#targets[slot];
    if (target === undefined) return;
    const { staleAfterMs, missingData, minConfidence } = this.policy;
    const warming = nowMs < (this.#warmMs[slot] as number) + staleAfterMs;
    const facts = this.signals.map((signal) => signal.facts(slot, nowMs, staleAfterMs));
    const missing = warming ? 'Hold' : missingData;
    let judgement: Judgement;
    let chance = 0;
    try {
      const when = this.#when(slot, target);
      judgement = judge(facts, when, missing, minConfidence);
      if (this.#discoveries !== undefined && judgement.condition === 'True')
        chance = chanceOf(facts, when, missing === 'Fire');
    } catch (error) {
      this.#expressionErrors++;
      this.#stats.expressionErrors++;
      this.#expressionError = error instanceof Error ? error.message : String(error);
      judgement = { condition: 'False', confidence: 0 };
    }
    const standing = this.#places.standing(slot);
    if (warming && judgement.condition === 'Unknown') {
      // That the young are not listened to is no fault: the verdict stands still, and so does its time.
      if (!this.#places.isInactive(slot)) this.#places.set(slot, pause(standing, nowMs), this.#places.confidence(slot));
      this.#discoveries?.withdraw(slot);
      this.#attention.pay(slot, watched | timed);
      return;
    }
    const next = step(standing, judgement.condition, nowMs, this.policy);
    this.#turn(
      slot,
      target,
      standing.state,
      this.#discoveries === undefined ? next : this.#heldBack(slot, standing, next, chance),
      judgement.confidence,
      nowMs,
    );
  }

  /** It is not looked at any more. */
  #lose(slot: number, nowMs: number): void {
    const target = this.#targets[slot];
    if (target === undefined) return;
    this.#discoveries?.withdraw(slot);
    const standing = this.#places.standing(slot);
    this.#turn(slot, target, standing.state, step(standing, 'Unknown', nowMs, this.policy), 0, nowMs);
  }

  #turn(slot: number, target: Target, from: VerdictState, standing: Standing, confidence: number, nowMs: number): void {
    const { state } = standing;
    this.#places.set(slot, standing, confidence);
    this.#attention.pay(slot, state === 'Pending' || state === 'Clearing' ? watched | timed : watched);
    if (state === from) return;
    this.#emit({ verdict: this.#verdict(slot, target, nowMs), from, atMs: nowMs, cause: 'Judged' });
  }

  #when(slot: number, target: Target): When {
    let when = this.#whens.get(slot);
    if (when === undefined) this.#whens.set(slot, (when = this.policy.when(target)));
    return when;
  }

  /** A target that begins to fire waits until all that do can be compared. */
  #heldBack(slot: number, standing: Standing, next: Standing, chance: number): Standing {
    if (next.state !== 'Firing' || standing.held === 'Firing' || standing.held === 'Clearing') {
      this.#discoveries?.withdraw(slot);
      return next;
    }
    this.#discoveries?.offer(slot, chance);
    return waiting(standing, next);
  }

  /** Lets those fire that are strange enough among all targets. */
  #discover(nowMs: number): void {
    for (const slot of this.#discoveries?.settle(nowMs, this.#slots.size) ?? []) {
      const standing = this.#places.standing(slot);
      const target = this.#targets[slot];
      if (target !== undefined && standing.state === 'Pending')
        this.#turn(slot, target, 'Pending', released(standing, nowMs), this.#places.confidence(slot), nowMs);
    }
  }

  /** Notes what the signals are. Answers whether that, without a further look, leaves an inactive target as it is. */
  #isQuiet(slot: number, nowMs: number): boolean {
    const { staleAfterMs } = this.policy;
    let any = 0;
    let all = true;
    for (const signal of this.signals) {
      const noted = signal.note(slot, nowMs, staleAfterMs);
      any |= noted;
      if (noted === 0) all = false;
    }
    if (any !== 0 && (all || this.policy.spec.when !== undefined)) return false;
    const why = this.#attention.why[slot] as number;
    if ((why & (watched | timed)) !== 0 && !this.#places.isInactive(slot)) return false;
    this.#attention.pay(slot, any === 0 ? 0 : noticed);
    this.#places.see(slot, nowMs);
    // With what it knows of the target it takes as much room as all else of it; at a start all of them are judged once.
    if (any === 0) this.#whens.delete(slot);
    return true;
  }

  #verdict(slot: number, target: Target, nowMs: number): Verdict {
    const { id, revision, staleAfterMs } = this.policy;
    const standing = this.#places.shown(slot);
    const heard = this.signals.filter((signal) => signal.hearing.isHeard(slot));
    return {
      policyId: id,
      revision,
      target,
      state: standing.state,
      sinceMs: standing.sinceMs,
      firstSampleMs: standing.firstSampleMs,
      lastSampleMs: heard.length === 0 ? NaN : Math.max(...heard.map((signal) => signal.hearing.lastMs(slot))),
      confidence: this.#places.confidence(slot),
      evidence: this.signals.map((signal) => signal.evidence(slot, nowMs, staleAfterMs)),
    };
  }

  #grow(capacity: number): void {
    if (capacity <= this.#warmMs.length) return;
    this.#warmMs = grown(this.#warmMs, new Float64Array(capacity));
    this.#judgedMs = grown(this.#judgedMs, new Float64Array(capacity));
    this.#attention.grow(capacity);
    this.#places.grow(capacity);
    this.#groups.grow(capacity);
    for (const signal of this.signals) signal.grow(capacity);
  }
}
