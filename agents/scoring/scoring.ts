/**
 * Scoring in an agent, put together: the operator says what to score and which rows are alike; what is learnt survives
 * a restart in a file, and goes to new rows of a kind through a bucket.
 */
import { decodeKin } from '../../engine/evaluate/kin.ts';
import { decodeWanted } from '../../engine/evaluate/wanted.ts';
import { nodeToken } from '../../engine/frame/subject.ts';
import type { Clock } from '../../wire/clock.ts';
import { baselinesBucket, scoringBucket } from '../../wire/kv.ts';
import type { NatsBus } from '../../wire/nats-bus.ts';
import { ToldKey } from '../../wire/told-key.ts';
import type { Logger } from '../log.ts';
import type { Options } from '../options.ts';
import { EdgeScores } from './edge-scores.ts';
import { Heritage } from './heritage.ts';
import { readStates, writeStates } from './state-file.ts';

/** The scores of an agent, and what belongs to them. */
export interface Scoring {
  readonly scores: EdgeScores;
  readonly heritage: Heritage;
  start(): void;
  stop(): void;
}

const saveMs = 60_000;

/** Nothing is scored until somebody tells what. */
export function openScoring(options: Options, bus: NatsBus, clock: Clock, log: Logger): Scoring {
  const { maxScoredSeries: maxSeries, subjectPrefix, node, baselineSeconds } = options;
  const scores = new EdgeScores({
    maxSeries,
    onRefused: (why) =>
      why === undefined
        ? log.info('all that is to be scored is scored here')
        : log.warn('not all that is to be scored is scored here; the operator scores the rest', { why }),
  });
  const connection = () => bus.natsConnection;
  const heritage = new Heritage({
    scores,
    bucket: baselinesBucket(subjectPrefix),
    token: nodeToken(node),
    connection,
    publish: (subject, payload, id) => bus.publish(subject, payload, id),
    clock,
    random: Math.random,
    everyMs: baselineSeconds * 1000,
    onProblem: (error) => log.warn('what is usual is not shared with others; rows learn by themselves', { error }),
  });
  const follow = <T>(key: string, decode: (text: string) => T | undefined, take: (told: T) => void): ToldKey =>
    new ToldKey({
      connection,
      bucket: scoringBucket(subjectPrefix),
      key,
      clock,
      onValue: (value) => {
        const told = decode(Buffer.from(value).toString());
        if (told === undefined) log.warn('what the operator tells is not understood; all stays as it was', { key });
        else take(told);
      },
    });
  const told = [
    follow('wanted', decodeWanted, (specs) => scores.want(specs)),
    follow(`kin.${nodeToken(node)}`, decodeKin, (kin) => heritage.know(kin)),
  ];
  const file = stateFile(options.stateFile, scores, clock, log);
  return {
    scores,
    heritage,
    start() {
      if (maxSeries === 0) return;
      file.start();
      for (const each of told) each.start();
      heritage.start();
    },
    stop() {
      for (const each of told) each.stop();
      heritage.stop();
      file.stop();
    },
  };
}

/** Reads the file at the start, and writes it once a minute and at the end. */
function stateFile(path: string | undefined, scores: EdgeScores, clock: Clock, log: Logger) {
  let cancel: (() => void) | undefined;
  let said: string | undefined;
  const save = (): void => {
    if (path === undefined) return;
    try {
      const states = scores.states();
      // Before it is known what to score there is nothing to write, and something to lose.
      if (states.length > 0) writeStates(path, states);
      said = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== said) log.warn('what was learnt cannot be written; it is lost with the process', { path, reason });
      said = reason;
    }
  };
  const arm = (): void => {
    cancel = clock.after(saveMs, () => {
      save();
      arm();
    });
  };
  return {
    start() {
      if (path === undefined) return;
      try {
        const states = readStates(path);
        scores.remember(states, clock.now());
        log.info('what was learnt before is read', { path, states: states.length });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn('what was learnt before cannot be used; all rows begin anew', { path, reason });
      }
      arm();
    },
    stop() {
      if (cancel === undefined) return;
      cancel();
      save();
    },
  };
}
