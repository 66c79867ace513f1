import type { Incident } from '../../../crds/incident.ts';
import { targetKey } from '../../controllers/targets.ts';
import { parseTime } from '../../kube/time.ts';
import type { Episode } from './episodes.ts';

/** Two moments of one fault, told by two processes, are at most so far apart. */
const apartMs = 60_000;

/** What was judged anew, against what the cluster knows. */
export interface Comparison {
  /** Episodes of which the cluster has an Incident. */
  readonly agreed: readonly { readonly episode: Episode; readonly incident: Incident }[];
  /** Episodes without an Incident. */
  readonly onlyJudged: readonly Episode[];
  /** Incidents of the policy in this time without an episode. */
  readonly onlyReal: readonly Incident[];
}

/**
 * Episodes and Incidents of one policy: the same target, at about the same time, or opened while it fired, as when the policy
 * was applied in the midst of it; each counts once, the nearest first.
 */
export function compare(episodes: readonly Episode[], incidents: readonly Incident[]): Comparison {
  const agreed: { episode: Episode; incident: Incident }[] = [];
  const left = new Set(incidents);
  const onlyJudged = episodes.filter((episode) => {
    let [best, apart] = [undefined as Incident | undefined, Infinity];
    for (const incident of left) {
      if (targetKey(incident.spec.target) !== targetKey(episode.verdict.target)) continue;
      const openedMs = parseTime(incident.spec.openedTime) ?? NaN;
      const isWithin = openedMs >= episode.firedMs && openedMs <= (episode.clearedMs ?? Infinity);
      const between = Math.abs(openedMs - episode.firedMs);
      if ((isWithin || between <= apartMs) && between < apart) [best, apart] = [incident, between];
    }
    if (best === undefined) return true;
    left.delete(best);
    agreed.push({ episode, incident: best });
    return false;
  });
  return { agreed, onlyJudged, onlyReal: [...left] };
}

/** The Incidents of a policy that were opened within a stretch of time. */
export const incidentsOf = (
  policy: { readonly name: string; readonly namespace?: string | undefined },
  incidents: readonly Incident[],
  fromMs: number,
  untilMs: number,
): Incident[] =>
  incidents.filter(({ metadata, spec }) => {
    const openedMs = parseTime(spec.openedTime) ?? NaN;
    return (
      metadata.namespace === policy.namespace &&
      spec.policyRef.name === policy.name &&
      openedMs >= fromMs &&
      openedMs <= untilMs
    );
  });
