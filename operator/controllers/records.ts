/**
 * The newest known state of one kind's objects: what the reflector saw, or the API server's answer to our own write
 * where that is newer. So the next step need not wait for the watch to tell us what we did, and a decision never
 * overlooks our own last one.
 */
import type { KubeObject } from '../kube/api.ts';
import type { Listener } from '../kube/reflector.ts';
import { keyOf, type Store } from '../kube/store.ts';

/**
 * Why a key is told. `Seen`: others changed the object, or it is new or gone. `Echo`: the watch has caught up with our
 * own write. `Written`: by us, just now.
 */
export type Change = 'Seen' | 'Echo' | 'Written';

/** The part of a reflector that is read here. */
export interface Watched<T extends KubeObject> {
  readonly store: Store<T>;
  onEvent(listener: Listener<T>): () => void;
}

/** The same, with lists: what is made and deleted before one is told by no event. */
export interface Listed<T extends KubeObject> extends Watched<T> {
  onListed(listener: (resourceVersion: string) => void): () => void;
}

/** What objects are looked up by: a constant, for an index is kept of it from the first question on. */
export type LookUp<T> = (object: T) => string | undefined;

/** Objects by key, by what they are looked up by. */
type Index<T> = Map<string, Map<string, T>>;

type ChangeListener<T> = (key: string, change: Change, before: T | undefined) => void;

export class Records<T extends KubeObject> {
  readonly #watched: Listed<T>;
  readonly #wanted: (object: T) => boolean;
  /** Answers to our writes that the reflector has not caught up with. */
  readonly #written = new Map<string, T>();
  /** The newest of each, as far as the listeners were told. */
  readonly #newest = new Map<string, T>();
  readonly #indexes = new Map<LookUp<T>, Index<T>>();
  readonly #listeners = new Set<ChangeListener<T>>();

  /** Objects that are not `wanted` do not exist here. */
  constructor(watched: Listed<T>, wanted: (object: T) => boolean = () => true) {
    this.#watched = watched;
    this.#wanted = wanted;
    for (const object of watched.store.list()) if (wanted(object)) this.#newest.set(keyOf(object), object);
    watched.onEvent(({ type, object }) => {
      if (!wanted(object)) return;
      const key = keyOf(object);
      const written = this.#written.get(key);
      const gone = type === 'DELETED' && written?.metadata.uid === object.metadata.uid;
      // One of before our last write: the newest stays what it is, and the watch has not caught up yet.
      if (written !== undefined && !gone && isNewer(written, object)) return;
      const isOurs = written !== undefined && !gone && !isNewer(object, written);
      if (written !== undefined && (gone || !isNewer(written, object))) this.#written.delete(key);
      this.#tell(key, isOurs ? 'Echo' : 'Seen');
    });
    watched.onListed((resourceVersion) => this.#forgetUnlisted(resourceVersion));
  }

  /** The object of that name, unless it does not exist. */
  get(key: string): T | undefined {
    return this.#newest.get(key);
  }

  /** Every object once, in no particular order. */
  list(): IterableIterator<T> {
    return this.#newest.values();
  }

  /** Those for which `lookUp` gives `value`, in no particular order: at the cost of their number, not of that of all. */
  where(lookUp: LookUp<T>, value: string | undefined): T[] {
    let index = this.#indexes.get(lookUp);
    if (index === undefined) {
      this.#indexes.set(lookUp, (index = new Map()));
      for (const [key, object] of this.#newest) enter(index, lookUp(object), key, object);
    }
    return value === undefined ? [] : [...(index.get(value)?.values() ?? [])];
  }

  /** Remembers the answer to a create, replace or patch of ours, and tells the listeners; a new object counts as `Seen`. */
  wrote(object: T): void {
    const key = keyOf(object);
    const known = this.get(key);
    if (known !== undefined && !isNewer(object, known)) return;
    this.#written.set(key, object);
    this.#tell(key, known === undefined ? 'Seen' : 'Written');
  }

  /** Forgets an object that the API server says does not exist (any more). */
  forget(key: string): void {
    if (this.#written.delete(key)) this.#tell(key, 'Seen');
  }

  /**
   * Calls `listener` with the key of every object that was seen to change or was written by us, and with what was known of
   * it before. The result ends that.
   */
  onChange(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What we wrote before this version and the list does not have was deleted while no watch told of anything. */
  #forgetUnlisted(resourceVersion: string): void {
    for (const [key, { metadata }] of this.#written) {
      if (this.#watched.store.get(key) !== undefined || isLater(metadata.resourceVersion, resourceVersion)) continue;
      this.#written.delete(key);
      this.#tell(key, 'Seen');
    }
  }

  /** What the reflector saw, or our own write where that is newer. */
  #newestOf(key: string): T | undefined {
    const seen = this.#watched.store.get(key);
    const wanted = seen !== undefined && this.#wanted(seen) ? seen : undefined;
    const written = this.#written.get(key);
    return written !== undefined && (wanted === undefined || isNewer(written, wanted)) ? written : wanted;
  }

  #tell(key: string, change: Change): void {
    const before = this.#newest.get(key);
    const now = this.#newestOf(key);
    if (now === undefined) this.#newest.delete(key);
    else this.#newest.set(key, now);
    for (const [lookUp, index] of this.#indexes) {
      if (before !== undefined) leave(index, lookUp(before), key);
      if (now !== undefined) enter(index, lookUp(now), key, now);
    }
    for (const listener of this.#listeners) listener(key, change, before);
  }
}

function enter<T>(index: Index<T>, value: string | undefined, key: string, object: T): void {
  if (value === undefined) return;
  const known = index.get(value);
  if (known === undefined) index.set(value, new Map([[key, object]]));
  else known.set(key, object);
}

function leave<T>(index: Index<T>, value: string | undefined, key: string): void {
  if (value === undefined) return;
  const known = index.get(value);
  known?.delete(key);
  if (known?.size === 0) index.delete(value);
}

/**
 * Whether `a` is a later version than `b`: resource versions are decimal numbers that rise with every write, within a
 * resource (a promise of Kubernetes since 1.35, and true of every API server on etcd before).
 */
export const isNewer = (a: KubeObject, b: KubeObject): boolean =>
  isLater(a.metadata.resourceVersion, b.metadata.resourceVersion);

const isLater = (of = '', than = ''): boolean => (of.length === than.length ? of > than : of.length > than.length);
