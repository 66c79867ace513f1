/** The objects of one kind as a reflector last saw them, and what changed with each thing it saw. */
import { Keyed } from '../../engine/keyed/keyed.ts';
import type { KubeObject } from './api.ts';

export interface StoreEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  /** What was known before, unless the object is new. */
  readonly old?: T;
}

/** `namespace/name`, or `name` for kinds without namespaces: the key of stores and queues. */
export const keyOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** Read-only; do not change what it returns, everybody gets the same objects. */
export interface Store<T extends KubeObject> {
  get(key: string): T | undefined;
  byUid(uid: string): T | undefined;
  list(): IterableIterator<T>;
  readonly size: number;
}

/**
 * Every method that changes it returns the events that lead from the old content to the new one. An object whose name
 * was taken over by another one (a new `uid`) is first deleted, then added.
 */
export class MutableStore<T extends KubeObject> implements Store<T> {
  readonly #byKey = new Keyed<T>(keyOf);
  readonly #byUid = new Keyed<T>(({ metadata }) => metadata.uid ?? '');

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  byUid(uid: string): T | undefined {
    return this.#byUid.get(uid);
  }

  list(): IterableIterator<T> {
    return this.#byKey.values();
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** One object was seen. Nothing happens when this very version is known. */
  set(object: T): StoreEvent<T>[] {
    const key = keyOf(object);
    const old = this.#byKey.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid)
      return [...this.#remove(key, old), ...this.set(object)];
    if (old !== undefined && isSameVersion(old, object)) return [];
    this.#byKey.set(object, key);
    if (object.metadata.uid !== undefined) this.#byUid.set(object);
    return [old === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, old }];
  }

  /** One object is gone; `last` is its last state. */
  delete(last: T): StoreEvent<T>[] {
    const key = keyOf(last);
    const old = this.#byKey.get(key);
    if (old === undefined || old.metadata.uid !== last.metadata.uid) return [];
    return this.#remove(key, old, last);
  }

  /** These are all objects there are. */
  replace(objects: readonly T[]): StoreEvent<T>[] {
    const keys = new Set(objects.map(keyOf));
    const events: StoreEvent<T>[] = [];
    for (const old of this.#byKey.values()) if (!keys.has(keyOf(old))) events.push(...this.#remove(keyOf(old), old));
    for (const object of objects) events.push(...this.set(object));
    return events;
  }

  #remove(key: string, old: T, last: T = old): StoreEvent<T>[] {
    this.#byKey.delete(key);
    if (old.metadata.uid !== undefined) this.#byUid.delete(old.metadata.uid);
    return [{ type: 'DELETED', object: last, old }];
  }
}

const isSameVersion = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion;
