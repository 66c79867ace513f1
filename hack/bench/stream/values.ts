import type { Frame } from '../../../engine/frame/types.ts';
import { measured } from './population.ts';

/** Levels of a calm container, in the order of `measured`. */
const levels = [0.1, 0.2, 0.02, 150e6, 110e6, 256e6, 0.43, 0, 8, 0.01];
/** Limits, counts and kills stand still. */
const standsStill = new Set<string>([
  'k8s.container.memory.limit',
  'k8s.container.oom_kills',
  'k8s.container.processes',
]);
/** Different enough that no two seconds of a minute are alike. */
const variants = 61;

/**
 * The columns of second `second` of a node with so many rows: each value wanders by at most 5 % around its level. Made once
 * for all nodes that have as many, because the load is on the same machine as what it loads.
 */
export const columnsOf = (rows: number, second: number): Frame['columns'] => {
  let made = madeFor.get(rows);
  if (made === undefined) madeFor.set(rows, (made = make(rows)));
  return made[second % variants] ?? [];
};

const madeFor = new Map<number, readonly Frame['columns'][]>();

const make = (rows: number): readonly Frame['columns'][] =>
  Array.from({ length: variants }, (_, variant) =>
    measured.map((metric, column) => {
      const level = levels[column] ?? 0;
      const wander = (row: number): number => 0.05 * Math.sin((variant / variants) * 2 * Math.PI + row);
      return {
        column,
        values: Float32Array.from({ length: rows }, (_, row) =>
          standsStill.has(metric) ? level : level * (1 + wander(row)),
        ),
      };
    }),
  );
