import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeProfile, emptyProfile, type Profile } from '../../engine/history/profile.ts';
import { minuteMs, partitionOf } from '../../engine/history/series.ts';
import { emptySketch, merged, type Sketch } from '../../engine/sketch/sketch.ts';
import { kvEntry } from '../../wire/kv.ts';
import { readRollups } from './read.ts';
import { rollupsStream, rollupSubject, usualBucket, usualKey } from './store.ts';

export interface PastOptions {
  readonly connection: NatsConnection;
  readonly prefix: string;
  readonly entity: string;
  readonly metric: string;
  /** Undefined: all containers together. */
  readonly container: string | undefined;
  readonly sinceMs: number;
  /** The past is told in periods of so long. */
  readonly periodMs: number;
  readonly ending: AbortSignal;
}

/** A stretch of time; without minutes it is a gap. */
export interface Period {
  readonly fromMs: number;
  /** Minutes of which there is a sketch. */
  readonly minutes: number;
  readonly sketch: Sketch;
}

export interface Past {
  /** Every period from the first with a minute to the last, gaps included. */
  readonly periods: readonly Period[];
  readonly containers: readonly string[];
  readonly profile: Profile;
}

/** What the stream and the bucket have of one metric of one entity. Rejects when they cannot be read. */
export async function pastOf(options: PastOptions): Promise<Past> {
  const { connection, prefix, entity, metric, container, sinceMs, periodMs, ending } = options;
  const stream = rollupsStream({ prefix, maxBytes: 0, days: 0 });
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 5_000 });
  const found = new Map<number, { minutes: Set<number>; sketch: Sketch }>();
  const containers = new Set<string>();
  const subject = rollupSubject(prefix, partitionOf(entity));
  for await (const { minute, series } of readRollups(manager, stream, { sinceMs, subject, ending }))
    for (const one of series) {
      if (one.entity !== entity || one.metric !== metric) continue;
      containers.add(one.container);
      if (container !== undefined && one.container !== container) continue;
      const fromMs = Math.floor((minute * minuteMs) / periodMs) * periodMs;
      const period = found.get(fromMs) ?? { minutes: new Set(), sketch: emptySketch };
      period.minutes.add(minute);
      period.sketch = merged(period.sketch, one.sketch);
      found.set(fromMs, period);
    }
  const { value } = await kvEntry(connection, usualBucket(prefix), usualKey(entity, metric));
  return {
    periods: withGaps(found, periodMs),
    containers: [...containers].filter((name) => name !== '').toSorted(),
    profile: value === undefined ? emptyProfile : decodeProfile(value),
  };
}

function withGaps(found: ReadonlyMap<number, { minutes: Set<number>; sketch: Sketch }>, periodMs: number): Period[] {
  if (found.size === 0) return [];
  const periods: Period[] = [];
  const last = Math.max(...found.keys());
  for (let fromMs = Math.min(...found.keys()); fromMs <= last; fromMs += periodMs) {
    const { minutes, sketch } = found.get(fromMs) ?? { minutes: new Set(), sketch: emptySketch };
    periods.push({ fromMs, minutes: minutes.size, sketch });
  }
  return periods;
}
