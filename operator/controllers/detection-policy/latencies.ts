/** Quantiles of what was observed last, in whole milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Remembers the last observations of each kind; constant work for each, the sorting when somebody asks. */
export class Latencies<K extends string> {
  readonly #size: number;
  readonly #rings = new Map<K, { readonly values: Float64Array; next: number; filled: number }>();

  /** `size` observations are kept of each kind. */
  constructor(size = 2048) {
    this.#size = size;
  }

  observe(kind: K, ms: number): void {
    let ring = this.#rings.get(kind);
    if (ring === undefined)
      this.#rings.set(kind, (ring = { values: new Float64Array(this.#size), next: 0, filled: 0 }));
    ring.values[ring.next] = Math.max(0, ms);
    ring.next = (ring.next + 1) % this.#size;
    ring.filled = Math.min(ring.filled + 1, this.#size);
  }

  /** Of these kinds together; undefined before the first observation. */
  quantiles(kinds: Iterable<K>): Quantiles | undefined {
    const values: number[] = [];
    for (const kind of kinds) {
      const ring = this.#rings.get(kind);
      if (ring !== undefined) for (let i = 0; i < ring.filled; i++) values.push(ring.values[i] ?? 0);
    }
    const sorted = Float64Array.from(values).sort();
    if (sorted.length === 0) return undefined;
    const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return { p50: at(0.5), p99: at(0.99) };
  }
}
