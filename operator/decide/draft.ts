import type { Condition } from '../kube/api.ts';
import { copyJson } from '../../crds/copy-json.ts';
import { sameJson } from '../actions/json.ts';
import { clip } from './clip.ts';
import type { EventNote } from './decision.ts';
import { toTime } from './time.ts';

/** What the statuses of our kinds have in common. */
export interface CommonStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  timeline?: { time: string; what: string }[];
}

/** The longest message of a condition. */
const longestMessage = 32_768;
/** Lines that a timeline keeps; the oldest and the newest tell most. */
const longestTimeline = 50;
const oldestKept = 20;

/**
 * A status under construction: a copy to be changed, with the events that its saving deserves. `original` stays as it
 * was, and a draft that ends up equal to it need not be saved.
 */
export class Draft<S extends CommonStatus> {
  readonly status: S;
  readonly events: EventNote[] = [];
  readonly nowMs: number;
  readonly #original: S;

  constructor(original: S, nowMs: number) {
    this.#original = original;
    this.status = copyJson(original);
    this.nowMs = nowMs;
  }

  /** Whether saving it would change anything; the API server returns keys in an order of its own. */
  get changed(): boolean {
    return !sameJson(this.status, this.#original);
  }

  get now(): string {
    return toTime(this.nowMs);
  }

  condition(type: string): Condition | undefined {
    return this.status.conditions?.find((condition) => condition.type === type);
  }

  /**
   * Sets a condition; `lastTransitionTime` moves only when its status flips, and not when it flips back before it is saved.
   * Returns whether status or reason changed.
   */
  set(type: string, status: Condition['status'], reason: string, said: string): boolean {
    const message = clip(said, longestMessage);
    const old = this.condition(type);
    const saved = this.#original.conditions?.find((condition) => condition.type === type);
    const since = [old, saved].find((condition) => condition?.status === status)?.lastTransitionTime;
    const lastTransitionTime = since ?? this.now;
    const next: Condition = { type, status, reason, message, lastTransitionTime };
    const conditions = (this.status.conditions ??= []);
    if (old === undefined) conditions.push(next);
    else conditions[conditions.indexOf(old)] = next;
    return old?.status !== status || old.reason !== reason;
  }

  /** Takes a condition away that has nothing to say any more. */
  drop(type: string): void {
    const conditions = this.status.conditions?.filter((condition) => condition.type !== type);
    if (conditions !== undefined) this.status.conditions = conditions;
  }

  /** Adds a line to the timeline, which is shortened after its oldest lines when it grows too long. */
  note(what: string): void {
    const lines = (this.status.timeline ??= []);
    lines.push({ time: this.now, what: clip(what) });
    if (lines.length > longestTimeline) lines.splice(oldestKept, lines.length - longestTimeline);
  }

  event(event: EventNote): void {
    this.events.push({ ...event, note: clip(event.note) });
  }
}
