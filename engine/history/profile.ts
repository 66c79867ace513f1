/**
 * What is usual of one metric of one entity, by the hour of the week (UTC): a sketch of each of the 168 hours, which a
 * finished hour is merged into once. Older weeks fade, so that what is usual may change.
 */
import { ByteReader, ByteWriter, SketchError } from '../sketch/bytes.ts';
import { readSketch, writeSketch } from '../sketch/codec.ts';
import { emptySketch, faded, merged, quantile, relativeError, type Sketch } from '../sketch/sketch.ts';
import { hourMs } from './series.ts';

/** One hour of the week. */
export interface Cell {
  /** How many such hours it was made of. */
  readonly hours: number;
  readonly sketch: Sketch;
}

export interface Profile {
  /** The last hour that was merged into it, in hours since the epoch: what is not later is in it, or never will be. */
  readonly lastHour: number;
  /** By container (empty for what is not of containers) and hour of the week, 0 being Monday, midnight. */
  readonly containers: ReadonlyMap<string, ReadonlyMap<number, Cell>>;
}

export const emptyProfile: Profile = { lastHour: -1, containers: new Map() };

export const hoursOfWeek = 168;
/** Sketches of a profile have fewer buckets: quantiles within 0.8 % for what is steady, some 6 % for what is not. */
const mostBuckets = 48;
/** What a week counts for when the next one comes: after a month a third is left. */
const keptShare = 0.75;

/** Hours since the epoch as an hour of the week; the epoch was a Thursday. */
export const hourOfWeek = (hour: number): number => (hour + 72) % hoursOfWeek;

/** With one hour more; the same when it has that hour, or a later one. */
export function withHour(profile: Profile, hour: number, sketches: ReadonlyMap<string, Sketch>): Profile {
  if (hour <= profile.lastHour) return profile;
  const containers = new Map(profile.containers);
  for (const [container, sketch] of sketches) {
    const cells = new Map(containers.get(container));
    const known = cells.get(hourOfWeek(hour));
    const before = known === undefined ? emptySketch : faded(known.sketch, keptShare);
    cells.set(hourOfWeek(hour), {
      hours: Math.min(9999, (known?.hours ?? 0) + 1),
      sketch: merged(before, sketch, mostBuckets),
    });
    containers.set(container, cells);
  }
  return { lastHour: hour, containers };
}

/** Of which hours is told: such hours of the week; of any day, when those are too few; or all there are. */
export const spans = ['HourOfWeek', 'HourOfDay', 'Overall'] as const;
export type Span = (typeof spans)[number];

export interface Usual {
  readonly p50: number;
  readonly p99: number;
  readonly span: Span;
  /** How many hours it was made of. */
  readonly hours: number;
  /** How far the quantiles can be from the exact ones, as a share of them. */
  readonly relativeError: number;
}

/** With so many hours, others are not asked. */
const enough: Readonly<Record<Span, number>> = { HourOfWeek: 2, HourOfDay: 3, Overall: 1 };

/** What is usual at a time, of a container or of all together; undefined while there is no history. */
export function usualAt(profile: Profile, atMs: number, container?: string): Usual | undefined {
  const hour = hourOfWeek(Math.floor(atMs / hourMs));
  const fits: Readonly<Record<Span, (other: number) => boolean>> = {
    HourOfWeek: (other) => other === hour,
    HourOfDay: (other) => other % 24 === hour % 24,
    Overall: () => true,
  };
  for (const span of spans) {
    const { hours, sketch } = together(profile, fits[span], container);
    if (hours >= enough[span])
      return {
        p50: quantile(sketch, 0.5),
        p99: quantile(sketch, 0.99),
        span,
        hours,
        relativeError: relativeError(sketch),
      };
  }
  return undefined;
}

/** Those hours of the week that are wanted, as one. */
export function together(profile: Profile, isWanted: (hour: number) => boolean, container?: string): Cell {
  let sketch = emptySketch;
  const hours = new Map<number, number>();
  for (const [name, cells] of profile.containers) {
    if (container !== undefined && name !== container) continue;
    for (const [hour, cell] of cells) {
      if (!isWanted(hour)) continue;
      sketch = merged(sketch, cell.sketch);
      // Containers of one pod have the same hours.
      hours.set(hour, Math.max(hours.get(hour) ?? 0, cell.hours));
    }
  }
  return { hours: [...hours.values()].reduce((sum, each) => sum + each, 0), sketch };
}

const magic = 0x55;
const version = 1;

/** `U`, a version, the last hour; then of each container its cells: hour of the week, number of hours, sketch. */
export function encodeProfile({ lastHour, containers }: Profile): Uint8Array {
  const to = new ByteWriter();
  to.byte(magic);
  to.byte(version);
  to.whole(lastHour);
  for (const [container, cells] of containers) {
    to.text(container);
    to.whole(cells.size);
    for (const [hour, { hours, sketch }] of cells) {
      to.whole(hour);
      to.whole(hours);
      writeSketch(to, sketch);
    }
  }
  return to.bytes;
}

/** Throws `SketchError` on anything else, and on another version. */
export function decodeProfile(bytes: Uint8Array): Profile {
  const from = new ByteReader(bytes);
  if (from.byte() !== magic) throw new SketchError('no profile');
  const told = from.byte();
  if (told !== version) throw new SketchError(`a profile of version ${told}; we know ${version}`);
  const lastHour = from.whole();
  const containers = new Map<string, Map<number, Cell>>();
  while (from.left > 0) {
    const container = from.text();
    const cells = new Map<number, Cell>();
    for (let left = from.whole(hoursOfWeek); left > 0; left--) {
      const hour = from.whole(hoursOfWeek - 1);
      cells.set(hour, { hours: from.whole(), sketch: readSketch(from) });
    }
    containers.set(container, cells);
  }
  return { lastHour, containers };
}
