import { Gauge, type Registry } from 'prom-client';
import { showBreakers } from '../../../wire/breaker-metrics.ts';
import { systemClock } from '../../../wire/clock.ts';
import { FramePublisher } from '../../../wire/publisher.ts';
import type { Logger } from '../../kube/logger.ts';
import type { Broker } from '../broker.ts';

/** Frames of one node that wait while the broker is away; all of its state is told every ten seconds anyway. */
const mostWaiting = 60;

export interface StatePublisherOptions {
  readonly broker: Broker;
  /** First token of the subjects. */
  readonly prefix?: string;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The publisher of state frames: acknowledged, in order, with a bounded queue; measured, and said when it fails. */
export function statePublisher({ broker, prefix, logger, registry }: StatePublisherOptions): FramePublisher {
  const publisher = new FramePublisher(broker.bus, systemClock, {
    ...(prefix !== undefined && { prefix }),
    maxFrames: mostWaiting,
    onProblem: (problem) =>
      problem === undefined
        ? logger.info('state frames are stored again')
        : logger.warn('state frames are not stored', { reason: problem.reason, error: problem.message }),
  });
  showBreakers(
    registry,
    'frames',
    () => [publisher.breaker],
    () => systemClock.monotonic(),
  );
  const { counts } = publisher;
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value()) });
  };
  gauge('homeostat_state_frames', 'State frames stored since the start.', () => counts.frames);
  gauge('homeostat_state_keyframes', 'State keyframes stored since the start.', () => counts.keyframes);
  gauge('homeostat_state_queued_frames', 'State frames that wait to be stored.', () => counts.queuedFrames);
  gauge(
    'homeostat_state_dropped_frames',
    'State frames that were never stored: too many waited, or one was too large.',
    () => counts.overflowed + counts.tooLarge,
  );
  return publisher;
}
