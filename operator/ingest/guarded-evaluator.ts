import type { Evaluator } from '../../engine/evaluate/evaluator.ts';
import { errorFields, type Logger } from '../kube/logger.ts';

/** The part of the evaluator that ingest speaks to. */
export type Judging = Pick<Evaluator, 'bind' | 'unbind' | 'frame' | 'advance'>;

/**
 * The same evaluator, whose faults end nothing: each is counted, and said when it is another one than the last of its
 * source.
 */
export function guarded(evaluator: Judging, onFault: () => void, logger: Logger): Judging {
  const lastFaults = new Map<string, string>();
  const guard = (source: string, call: () => void): void => {
    try {
      call();
    } catch (error) {
      onFault();
      const fields = errorFields(error);
      if (lastFaults.get(source) === fields.error) return;
      lastFaults.set(source, fields.error);
      logger.error('evaluation failed', { source, ...fields });
    }
  };
  return {
    bind: (source, keyframe, identities) => guard(source, () => evaluator.bind(source, keyframe, identities)),
    unbind(source) {
      guard(source, () => evaluator.unbind(source));
      lastFaults.delete(source);
    },
    frame: (source, frame) => guard(source, () => evaluator.frame(source, frame)),
    advance: (nowMs) => guard('', () => evaluator.advance(nowMs)),
  };
}
