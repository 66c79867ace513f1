import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { isLasting } from '../remediation/lasting.ts';
import { resolvedMs } from './progress.ts';

/** Ended Incidents that are kept of one policy. */
export const incidentHistoryLimit = 100;

/**
 * The ended Incidents of one policy that are not kept any longer, oldest first. Those on which a person has given a
 * verdict are kept, because the policy's precision is counted from them; so are those of which a Remediation is not over
 * for good, because what it did would be taken back with them.
 */
export function outdatedIncidents(
  incidents: readonly Incident[],
  remediations: readonly Remediation[],
  limit = incidentHistoryLimit,
): Incident[] {
  const inUse = new Set(remediations.filter((each) => !isLasting(each)).map(({ spec }) => spec.incidentRef.uid));
  return incidents
    .filter(({ metadata, spec }) => spec.verdict === undefined && !inUse.has(metadata.uid ?? ''))
    .flatMap((incident) => ({ incident, endedMs: resolvedMs(incident) }))
    .filter((each): each is { incident: Incident; endedMs: number } => each.endedMs !== undefined)
    .toSorted((a, b) => b.endedMs - a.endedMs)
    .slice(limit)
    .map(({ incident }) => incident)
    .toReversed();
}
