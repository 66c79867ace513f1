/**
 * Whether policies would notice faults: the recording is judged as it is, then again and again with faults in copies of
 * its series. How often an alarm is right follows from what was found of the faults, from the alarms on what was left
 * alone, and from how often faults really happen; beside it stands a scorer that raises as many alarms at random.
 */
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { complete } from '../../../crds/validate.ts';
import type { Target } from '../../../engine/evaluate/target.ts';
import type { Judging } from '../../ingest/guarded-evaluator.ts';
import { lookBackMs } from '../../controllers/detection-policy/look-back.ts';
import { Episodes, type Episode } from '../backtest/episodes.ts';
import type { Recording } from '../recording/reader.ts';
import { Replay } from '../replay.ts';
import { UnusableError } from '../unusable.ts';
import { aimOf, faultMs, type FaultKind } from './faults.ts';
import { withFaults, type Injection } from './inject.ts';
import { withoutScores } from './without-scores.ts';
import { seeded } from './random.ts';
import { precisionOf, scoreOf, type Precision, type Score } from './score.ts';

export interface SelftestOptions {
  readonly rootNamespace: string;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Only into the metric of the signal of this name; undefined: of any. */
  readonly signal?: string | undefined;
  /** How often each policy judges the recording with faults in it. */
  readonly rounds: number;
  /** Faults that really happen, per target and week. */
  readonly faultsPerWeek: number;
}

/** What came of one fault. */
export interface Trial {
  readonly kind: FaultKind;
  /** Until the target fired, in milliseconds; undefined: it did not. */
  readonly delayMs: number | undefined;
  /** Within which time it counted. */
  readonly withinMs: number;
}

/** How one policy did. */
export interface PolicySelftest {
  readonly policy: string;
  readonly targets: number;
  /** Targets times hours that were judged without faults. */
  readonly targetHours: number;
  /** Times that something fired without faults of ours; all are taken for false. */
  readonly alarms: number;
  readonly all: Score;
  readonly faults: Readonly<Partial<Record<FaultKind, Score>>>;
  readonly precision: Precision;
}

interface Judged {
  readonly episodes: readonly Episode[];
  readonly targets: readonly Target[];
  readonly sinceMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A fault counts as found when the target fires until so long after its end, beside the policy’s own windows. */
const graceMs = 15_000;
/** So many of the targets of a policy have a fault in one round, at most: others must stay as they are. */
const mostShare = 1 / 3;
/** So many moments are tried for a fault, until at one of them nothing fires anyway. */
const tries = 8;

/** Throws an `UnusableError`, or a `RecordingError` where the file is damaged. */
export function selftest(recording: Recording, written: DetectionPolicy, options: SelftestOptions): PolicySelftest {
  const { seed, rounds, faultsPerWeek, rootNamespace } = options;
  const { object: policy, problems } = complete('DetectionPolicy', written);
  if (problems.length > 0) throw new UnusableError(`DetectionPolicy ${written.metadata.name}`, problems);
  const { signal: only } = options;
  const signals = policy.spec.signals.filter(({ name }) => only === undefined || name === only);
  if (signals.length === 0)
    throw new UnusableError(`DetectionPolicy ${policy.metadata.name}`, [
      { path: 'spec.signals', message: `has no signal ${only}` },
    ]);
  const windowOf = (kind: FaultKind): number => windowMs(policy, kind);
  const plain = judge(recording, policy, rootNamespace, []);
  const random = seeded(seed);
  const trials: Trial[] = [];
  for (let round = 0; round < rounds; round++) {
    const injections = drawn(signals, plain, options.kinds, round, random, windowOf);
    if (injections.length === 0) continue;
    const { episodes } = judge(recording, policy, rootNamespace, injections);
    for (const injection of injections) trials.push(trialOf(policy, injection, episodes));
  }
  const hours = (plain.untilMs - plain.sinceMs) / 3_600_000;
  const targetHours = plain.targets.length * hours;
  const { name, namespace } = policy.metadata;
  const ofKind = (kind: FaultKind): Trial[] => trials.filter((trial) => trial.kind === kind);
  return {
    policy: namespace === undefined ? name : `${namespace}/${name}`,
    targets: plain.targets.length,
    targetHours,
    alarms: plain.episodes.length,
    all: scoreOf(trials),
    faults: Object.fromEntries(options.kinds.map((kind) => [kind, scoreOf(ofKind(kind))])),
    precision: precisionOf(trials, plain.episodes.length, targetHours, faultsPerWeek),
  };
}

function judge(
  recording: Recording,
  policy: DetectionPolicy,
  rootNamespace: string,
  injections: readonly Injection[],
): Judged {
  const episodes = new Episodes();
  const targets = new Map<string, Target>();
  const replay = new Replay({
    rootNamespace,
    onVerdict: (change) => episodes.take(change),
    through: (evaluator): Judging =>
      injections.length === 0 ? withoutScores(evaluator) : withFaults(withoutScores(evaluator), injections),
  });
  const problems = replay.policies.put(policy);
  if (problems.length > 0) throw new UnusableError(`DetectionPolicy ${policy.metadata.name}`, problems);
  let sinceMs: number | undefined;
  replay.play(recording.entries(), () => (sinceMs ??= replay.nowMs));
  for (const { compiled } of replay.policies.list())
    for (const { target } of replay.evaluator.verdicts(compiled.id)) targets.set(target.key, target);
  sinceMs ??= recording.header.sinceMs;
  const untilMs = replay.nowMs ?? sinceMs;
  const fromMs = sinceMs + lookBackMs(replay.policies.list());
  return { episodes: episodes.all, targets: [...targets.values()], sinceMs, fromMs, untilMs };
}

/** The faults of one round: of each kind in turn, at random targets and moments, where nothing fires anyway. */
function drawn(
  signals: DetectionPolicy['spec']['signals'],
  plain: Judged,
  kinds: readonly FaultKind[],
  round: number,
  random: () => number,
  windowOf: (kind: FaultKind) => number,
): Injection[] {
  const count = Math.max(1, Math.floor(plain.targets.length * mostShare));
  const left = [...plain.targets];
  const injections: Injection[] = [];
  for (let i = 0; i < count; i++) {
    const [target] = left.splice(Math.floor(random() * left.length), 1);
    const kind = kinds[(round * count + i) % kinds.length];
    const signal = signals[Math.floor(random() * signals.length)];
    if (target === undefined || kind === undefined || signal === undefined) continue;
    const startMs = quietMoment(plain, target, windowOf(kind), random);
    if (startMs === undefined) continue;
    injections.push({ kind, targetKind: target.kind, targetKey: target.key, startMs, aim: aimOf(signal) });
  }
  return injections;
}

/** A moment after which a target does not fire for so long; undefined when none was found. */
function quietMoment(
  { episodes, fromMs, untilMs }: Judged,
  { key }: Target,
  forMs: number,
  random: () => number,
): number | undefined {
  const own = episodes.filter(({ verdict }) => verdict.target.key === key);
  const isQuiet = (startMs: number): boolean =>
    own.every(({ firedMs, clearedMs = Infinity }) => firedMs > startMs + forMs || clearedMs < startMs - graceMs);
  const moments = Array.from({ length: tries }, () => Math.round(fromMs + random() * (untilMs - forMs - fromMs)));
  return moments.find((moment) => moment >= fromMs && isQuiet(moment));
}

/** From the beginning of a fault, how long an alarm counts as having found it. */
function windowMs({ spec }: DetectionPolicy, kind: FaultKind): number {
  const { signals, forSeconds } = spec;
  const longest = Math.max(0, ...signals.map(({ window }) => window?.seconds ?? 0));
  return faultMs[kind] + (longest + forSeconds) * 1000 + graceMs;
}

function trialOf(policy: DetectionPolicy, injection: Injection, episodes: readonly Episode[]): Trial {
  const { kind, targetKey, startMs } = injection;
  const withinMs = windowMs(policy, kind);
  const found = episodes.find(
    ({ verdict, firedMs }) => verdict.target.key === targetKey && firedMs >= startMs && firedMs <= startMs + withinMs,
  );
  return { kind, delayMs: found && found.firedMs - startMs, withinMs };
}
