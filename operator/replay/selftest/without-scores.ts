import { isScoreColumn } from '../../../engine/evaluate/scoring.ts';
import type { Judging } from '../../ingest/guarded-evaluator.ts';

/** An evaluator that judges all by itself: what agents found is not of the samples that it gets. */
export const withoutScores = (evaluator: Judging): Judging => ({
  bind: (key, keyframe, identities) =>
    evaluator.bind(
      key,
      {
        ...keyframe,
        rows: keyframe.rows,
        columns: keyframe.columns.map((one) => (isScoreColumn(one.metric) ? { ...one, metric: '' } : one)),
      },
      identities,
    ),
  unbind: (key) => evaluator.unbind(key),
  advance: (nowMs) => evaluator.advance(nowMs),
  frame: (key, frame) => evaluator.frame(key, frame),
});
