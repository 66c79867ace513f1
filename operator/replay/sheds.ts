import { isShedSubject } from '../../engine/frame/subject.ts';
import { decodeShed, type ShedMessage } from '../ingest/pressure/shed-message.ts';
import type { Entry } from './recording/format.ts';

/**
 * What the leader has told of what it did not judge, by the time from which on it counted. It can tell only afterwards, by as
 * much as it is behind, so that all entries are to be looked at before the first one is judged.
 */
export function recordedSheds(entries: Iterable<Entry>): ShedMessage[] {
  const sheds: ShedMessage[] = [];
  for (const entry of entries) {
    if (entry.type !== 'message' || !isShedSubject(entry.subject)) continue;
    const shed = decodeShed(entry.data);
    if (shed !== undefined) sheds.push(shed);
  }
  return sheds.toSorted((a, b) => a.atMs - b.atMs);
}

/** For how long a policy was shed until `untilMs`, in milliseconds. */
export function shedMsOf(policy: string, sheds: readonly ShedMessage[], untilMs: number): number {
  let sum = 0;
  for (const [i, { atMs, policies }] of sheds.entries())
    if (policies.includes(policy)) sum += Math.max(0, Math.min(untilMs, sheds[i + 1]?.atMs ?? untilMs) - atMs);
  return sum;
}
