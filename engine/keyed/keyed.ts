/**
 * Things by a key that they know themselves, in the order in which they came, as a `Map` of them would be. A `Map` holds
 * the key besides, and some 50 bytes more that a collection of garbage looks at; this is 8 bytes of those and some 20 of
 * typed arrays, for which each look at a key takes its hash. Nothing may be added while it is walked through.
 *
 * @example
 * const pods = new Keyed<Pod>(({ uid }) => uid);
 * pods.set(pod);
 * pods.get(pod.uid);
 */
export class Keyed<T extends object | number> {
  readonly #keyOf: (thing: T) => string;
  /** In the order in which they came, with gaps for those that are gone, and their hashes. */
  #things: (T | undefined)[] = [];
  #hashes = new Int32Array(leastRoom);
  /** Where each stands in `#things`, plus one; it is looked for from the place that its hash names, up to an empty one. */
  #places = new Int32Array(2 * leastRoom);
  #size = 0;

  constructor(keyOf: (thing: T) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    return this.#things[this.#find(key, hashOf(key))];
  }

  has(key: string): boolean {
    return this.#find(key, hashOf(key)) >= 0;
  }

  /** Takes the place of what had this key, if anything had. */
  set(thing: T, key = this.#keyOf(thing)): void {
    const hash = hashOf(key);
    const known = this.#find(key, hash);
    if (known >= 0) {
      this.#things[known] = thing;
      return;
    }
    if (this.#things.length === this.#hashes.length) this.#rebuild();
    const at = this.#things.push(thing) - 1;
    this.#hashes[at] = hash;
    this.#size++;
    this.#put(hash, at);
  }

  /** Answers what had this key. */
  delete(key: string): T | undefined {
    const at = this.#find(key, hashOf(key));
    if (at < 0) return undefined;
    const thing = this.#things[at];
    this.#things[at] = undefined;
    this.#size--;
    return thing;
  }

  *values(): IterableIterator<T> {
    for (const thing of this.#things) if (thing !== undefined) yield thing;
  }

  #find(key: string, hash: number): number {
    const places = this.#places;
    const last = places.length - 1;
    for (let place = hash & last; ; place = (place + 1) & last) {
      const at = (places[place] as number) - 1;
      if (at < 0) return -1;
      if (this.#hashes[at] !== hash) continue;
      const thing = this.#things[at];
      if (thing !== undefined && this.#keyOf(thing) === key) return at;
    }
  }

  #put(hash: number, at: number): void {
    const places = this.#places;
    const last = places.length - 1;
    let place = hash & last;
    while (places[place] !== 0) place = (place + 1) & last;
    places[place] = at + 1;
  }

  /** Closes the gaps, and makes room for half as many more. */
  #rebuild(): void {
    const room = Math.max(leastRoom, Math.ceil(1.5 * this.#size));
    const hashes = new Int32Array(room);
    const things: (T | undefined)[] = [];
    for (const [at, thing] of this.#things.entries())
      if (thing !== undefined) hashes[things.push(thing) - 1] = this.#hashes[at] as number;
    this.#things = things;
    this.#hashes = hashes;
    // So that at least a quarter is always empty.
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2((4 / 3) * room)));
    for (const at of things.keys()) this.#put(hashes[at] as number, at);
  }
}

const leastRoom = 8;

/**
 * A number for a text, of 32 bits, the same in every process: FNV-1a, and its bits mixed, since the lowest ones are used
 * (https://github.com/aappleby/smhasher, `fmix32`).
 */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
