import { decodeWanted } from '../../engine/evaluate/wanted.ts';
import type { Clock } from '../../wire/clock.ts';
import { scoringBucket } from '../../wire/kv.ts';
import type { NatsBus } from '../../wire/nats-bus.ts';
import { ToldKey } from '../../wire/told-key.ts';
import type { Logger } from '../log.ts';
import type { Options } from '../options.ts';
import { EdgeScores } from './edge-scores.ts';

/** The scores of an agent, and whom it asks what to score. */
export interface Scoring {
  readonly scores: EdgeScores;
  start(): void;
  stop(): void;
}

/** Nothing is scored until somebody tells what. */
export function openScoring(
  { maxScoredSeries: maxSeries, subjectPrefix }: Options,
  bus: NatsBus,
  clock: Clock,
  log: Logger,
): Scoring {
  const scores = new EdgeScores({
    maxSeries,
    onRefused: (why) =>
      why === undefined
        ? log.info('all that is to be scored is scored here')
        : log.warn('not all that is to be scored is scored here; the operator scores the rest', { why }),
  });
  const wanted = new ToldKey({
    connection: () => bus.natsConnection,
    bucket: scoringBucket(subjectPrefix),
    key: 'wanted',
    clock,
    onValue: (value) => {
      const specs = decodeWanted(Buffer.from(value).toString());
      if (specs === undefined) log.warn('what is to be scored is not understood; it stays as it was');
      else scores.want(specs);
    },
  });
  return {
    scores,
    start: () => maxSeries > 0 && wanted.start(),
    stop: () => wanted.stop(),
  };
}
