import { lineageNode } from '../../engine/frame/subject.ts';
import { decodeLineage, type Lineage } from '../ingest/lineage/message.ts';
import type { Entry } from './recording/format.ts';

/** From here on the rows of a node belong to these objects. */
export interface LineageEntry extends Pick<Lineage, 'objects' | 'gone'> {
  readonly type: 'lineage';
  readonly node: string;
}

type Message = Entry & { readonly type: 'message' };

/** The leader tells of a change within so much stream time, or what it tells counts from when it is told. */
const lookAheadMs = 2_000;

/**
 * The entries, and what the leader told of whose rows are whose at the time at which it began to count: the leader can
 * only tell of that afterwards.
 */
export function* inTime(entries: Iterable<Entry>): Generator<Entry | LineageEntry> {
  const ahead: (Message | LineageEntry)[] = [];
  for (const entry of entries) {
    if (entry.type !== 'message') {
      yield* ahead.splice(0);
      yield entry;
      continue;
    }
    const node = lineageNode(entry.subject);
    const lineage = node === undefined ? undefined : decodeLineage(entry.data);
    if (node !== undefined && lineage !== undefined) {
      const { atMs = Infinity, ...told } = lineage;
      const at = ahead.findIndex((other) => other.type === 'message' && other.storedMs >= atMs);
      ahead.splice(at < 0 ? ahead.length : at, 0, { type: 'lineage', node, ...told });
    }
    ahead.push(entry);
    while (ahead[0] !== undefined && isDue(ahead[0], entry.storedMs)) yield* ahead.splice(0, 1);
  }
  yield* ahead;
}

/** What is told at a time comes when all messages before it have come. */
const isDue = (entry: Message | LineageEntry, nowMs: number): boolean =>
  entry.type === 'lineage' || entry.storedMs <= nowMs - lookAheadMs;
