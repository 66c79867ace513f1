import type { Frame, Keyframe } from '../frame/types.ts';
import { Plans } from './column-plan.ts';
import type { CompiledPolicy } from './compile.ts';
import { PolicyRun } from './policy-run.ts';
import { Scratch } from './scratch.ts';
import { SourceRun } from './source-run.ts';
import type { EvaluatorStats, PolicyFaults, SourceFaults, StarvedSignal } from './stats.ts';
import type { RowIdentity, Target } from './target.ts';
import type { Verdict, VerdictChange, VerdictState, Wanted } from './verdict.ts';

export interface EvaluatorOptions {
  /**
   * Told of every change of state at once, in an order that depends on the input alone. Must not throw, and must not
   * call the evaluator.
   */
  readonly onVerdict: (change: VerdictChange) => void;
  /** Targets one policy may have; more are counted and not judged. Default 200,000. */
  readonly maxTargets?: number;
}

/**
 * Judges targets by policies on a stream of frames. It is a function of the calls made to it: no clock, no I/O, no
 * randomness; the same calls give the same verdicts, bit for bit.
 *
 * Windows, counters and detectors work on whole columns in typed arrays. Only targets of which there is something to
 * say (a signal fires, samples are missing, the verdict is not Inactive) are judged one by one.
 *
 * @example
 * const evaluator = new Evaluator({ onVerdict: ({ verdict, from }) => console.log(from, verdict.state) });
 * evaluator.setPolicy(policy, (target) => target.labels.app === 'cart');
 * evaluator.bind('agent/node-1', keyframe, identities);
 * evaluator.frame('agent/node-1', frame);
 * evaluator.advance(frame.capturedMs + 1000);
 */
export class Evaluator {
  readonly stats: EvaluatorStats = {
    frames: 0,
    samples: 0,
    infiniteSamples: 0,
    counterResets: 0,
    unheardSamples: 0,
    unboundFrames: 0,
    unknownColumns: 0,
    refusedTargets: 0,
    expressionErrors: 0,
  };
  readonly #onVerdict: (change: VerdictChange) => void;
  readonly #maxTargets: number;
  readonly #policies = new Map<string, PolicyRun>();
  readonly #sources = new Map<string, SourceRun>();
  readonly #scratch = new Scratch();
  readonly #plans = new Plans();
  /** The latest time heard of. */
  #nowMs = -Infinity;

  constructor({ onVerdict, maxTargets = 200_000 }: EvaluatorOptions) {
    this.#onVerdict = onVerdict;
    this.#maxTargets = maxTargets;
  }

  /**
   * Puts a policy into force, or another version of it. `matches` says which targets of the policy's kind it judges and
   * is asked once for each target, again with each `bind` and `setPolicy`. Of a new version, signals whose definition
   * is the same keep their windows and targets their state; the names of the other signals are answered as restarted.
   * With another `spec.target` everything restarts.
   */
  setPolicy(policy: CompiledPolicy, matches: (target: Target) => boolean): { readonly restarted: readonly string[] } {
    const old = this.#policies.get(policy.id);
    if (old !== undefined && sameTargets(old.policy, policy)) {
      const restarted = old.update(policy, matches, this.#nowMs);
      this.#connect(old);
      old.endUnmatched(this.#nowMs);
      return { restarted };
    }
    this.removePolicy(policy.id);
    const run = new PolicyRun(policy, matches, this.#onVerdict, this.stats);
    if (old?.isSuspended === true) run.suspend(this.#nowMs);
    this.#policies.set(policy.id, run);
    this.#connect(run);
    return { restarted: policy.signals.map(({ name }) => name) };
  }

  /** Takes a policy out of force; the targets it judged end. */
  removePolicy(policyId: string): void {
    const run = this.#policies.get(policyId);
    if (run === undefined) return;
    for (const source of this.#sources.values()) source.disconnect(run, this.#nowMs);
    run.endAll(this.#nowMs);
    this.#policies.delete(policyId);
  }

  /**
   * Keeps all samples from these policies, and from no others, to save the work. From `nowMs` (event time) on their verdicts
   * are Unknown; their targets and windows stay as they are, and time counts towards no timer. Those that are not among them
   * any more judge each target again from its next samples on.
   */
  suspendOnly(policyIds: ReadonlySet<string>, nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const [id, run] of this.#policies)
      if (policyIds.has(id)) run.suspend(this.#nowMs);
      else run.resume(this.#nowMs);
    for (const source of this.#sources.values()) source.index(this.#nowMs);
  }

  /**
   * Says how frames of a source are to be read from now on, and whom their rows concern: `identities[i]` belongs to
   * `keyframe.rows[i]`, undefined = not known (yet). To be called with every new generation, and again when identities
   * change. Windows of targets that stay are kept.
   */
  bind(sourceKey: string, keyframe: Keyframe, identities: readonly (RowIdentity | undefined)[]): void {
    this.#nowMs = Math.max(this.#nowMs, keyframe.capturedMs);
    let source = this.#sources.get(sourceKey);
    if (source === undefined) {
      source = new SourceRun(sourceKey, keyframe, this.#plans);
      this.#sources.set(sourceKey, source);
    }
    source.take(keyframe, identities, this.#nowMs);
    this.stats.refusedTargets += source.connect(this.#policies.values(), this.#maxTargets, this.#nowMs);
    for (const run of this.#policies.values()) run.endUnmatched(this.#nowMs);
  }

  /** Forgets a source; targets that no other source speaks of end after 15 seconds. */
  unbind(sourceKey: string): void {
    this.#sources.get(sourceKey)?.disconnectAll(this.#nowMs);
    this.#sources.delete(sourceKey);
  }

  /** Evaluates a frame; frames of one source must come in order. */
  frame(sourceKey: string, frame: Frame): void {
    const source = this.#sources.get(sourceKey);
    if (source === undefined || !source.reads(frame)) {
      this.stats.unboundFrames++;
      return;
    }
    this.#nowMs = Math.max(this.#nowMs, frame.capturedMs);
    if (source.wakes(frame.capturedMs))
      this.stats.refusedTargets += source.connect(this.#policies.values(), this.#maxTargets, frame.capturedMs);
    this.stats.frames++;
    source.evaluate(frame, this.#scratch, this.stats);
  }

  /** Lets event time pass: silence, missing data, `forSeconds`, `clearForSeconds`. About once a second. */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const run of this.#policies.values()) run.advance(this.#nowMs, this.#scratch);
  }

  /**
   * The verdicts of a policy that are `wanted` (default: all), as they stand now, in the order in which their targets were
   * first seen.
   */
  verdicts(policyId: string, wanted: Wanted = () => true): Iterable<Verdict> {
    return this.#policies.get(policyId)?.verdicts(this.#nowMs, wanted) ?? [];
  }

  /**
   * The verdicts of a policy, of those that are `wanted`, on targets that are not `Inactive`, in the order in which they
   * ceased to be; without those that were when the policy was suspended, and were not judged since.
   */
  unsettled(policyId: string, wanted: Wanted = () => true): Iterable<Verdict> {
    return this.#policies.get(policyId)?.unsettled(this.#nowMs, wanted) ?? [];
  }

  /** The targets of a policy whose verdict is `Unknown`; at times these are all, and their verdicts would be much. */
  unknown(policyId: string): Iterable<Target> {
    return this.#policies.get(policyId)?.unknown() ?? [];
  }

  /** The targets of a policy, in the order in which they were first seen. */
  targets(policyId: string): Iterable<Target> {
    return this.#policies.get(policyId)?.targets() ?? [];
  }

  /** The verdict of a policy about one target, if it judges it. */
  verdict(policyId: string, targetKey: string): Verdict | undefined {
    return this.#policies.get(policyId)?.verdict(targetKey, this.#nowMs);
  }

  /** How many targets of a policy are in each state. */
  counts(policyId: string): Readonly<Record<VerdictState, number>> {
    return this.#policies.get(policyId)?.counts() ?? noTargets;
  }

  /** The targets of a policy of which a sensor seems to be stuck. */
  stuck(policyId: string): Iterable<Target> {
    return this.#policies.get(policyId)?.stuck() ?? [];
  }

  /** The signals of a policy whose windows ask for more samples than come of some targets. */
  starved(policyId: string): readonly StarvedSignal[] {
    return this.#policies.get(policyId)?.starved() ?? [];
  }

  /** What went wrong with a policy in force. */
  faults(policyId: string): PolicyFaults | undefined {
    return this.#policies.get(policyId)?.faults();
  }

  /** What is wrong with the samples of a source. */
  sourceFaults(sourceKey: string): Readonly<SourceFaults> | undefined {
    return this.#sources.get(sourceKey)?.faults;
  }

  #connect(run: PolicyRun): void {
    for (const source of this.#sources.values())
      this.stats.refusedTargets += source.connect([run], this.#maxTargets, this.#nowMs);
  }
}

const noTargets = { Inactive: 0, Pending: 0, Firing: 0, Clearing: 0, Unknown: 0 } as const;

const sameTargets = (a: CompiledPolicy, b: CompiledPolicy): boolean =>
  a.spec.target.kind === b.spec.target.kind &&
  a.spec.target.container === b.spec.target.container &&
  a.warmupMs === b.warmupMs;
