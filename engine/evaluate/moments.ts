/** So many moments are kept of each slot; more count as so many. */
export const mostMoments = 16;

interface Ring {
  readonly timesMs: Float64Array;
  /** How many there have been. */
  count: number;
}

/**
 * When something happened at each slot that seldom happens, such as that a counter began anew: the last 16 times.
 * A slot at which nothing happens costs nothing.
 */
export class Moments {
  /** How often it has happened at all slots, also those that were reset. */
  total = 0;
  /** None before the first: most have none, and they are many. */
  #rings: Map<number, Ring> | undefined;

  note(slot: number, tMs: number): void {
    const rings = (this.#rings ??= new Map<number, Ring>());
    let ring = rings.get(slot);
    if (ring === undefined) {
      ring = { timesMs: new Float64Array(mostMoments), count: 0 };
      rings.set(slot, ring);
    }
    ring.timesMs[ring.count++ % mostMoments] = tMs;
    this.total++;
  }

  /** How many of the last 16 times are later than `tMs`. */
  after(slot: number, tMs: number): number {
    const ring = this.#rings?.get(slot);
    if (ring === undefined) return 0;
    const kept = Math.min(ring.count, mostMoments);
    let later = 0;
    for (let i = 0; i < kept; i++) if ((ring.timesMs[i] as number) > tMs) later++;
    return later;
  }

  reset(slot: number): void {
    this.#rings?.delete(slot);
  }
}
