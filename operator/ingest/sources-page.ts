import type { SourceFaults } from '../../engine/evaluate/stats.ts';
import { staleness, type Quality } from './quality.ts';

const staleAfterMs = 15_000;

/**
 * Every source with its figures, as JSON, the worst first: those without fresh samples, then by how much of what they
 * sent did not reach a policy; `samples` says what was wrong with the values that did. Times are the stream’s.
 */
export function sourcesPage(
  sources: Iterable<readonly [key: string, quality: Quality]>,
  nowMs: number,
  faultsOf: (key: string) => Readonly<SourceFaults> | undefined,
): string {
  const told = Array.from(sources, ([source, quality]) => {
    const stale = staleness(quality, nowMs, staleAfterMs);
    return { source, ...(stale !== undefined && { stale }), ...quality, samples: faultsOf(source) };
  });
  const worstFirst = told.toSorted(
    (a, b) =>
      Number(b.stale !== undefined) - Number(a.stale !== undefined) ||
      lossOf(b) - lossOf(a) ||
      Math.abs(b.skewMs) - Math.abs(a.skewMs),
  );
  return `${JSON.stringify({ nowMs, sources: worstFirst }, null, 2)}\n`;
}

/** Frames that were missed, dropped, or came and could not be used. */
function lossOf({ missed, droppedBySender, results }: Quality): number {
  const came = Object.values(results).reduce((sum, count) => sum + count, 0);
  return missed + droppedBySender + came - results.Evaluated;
}
