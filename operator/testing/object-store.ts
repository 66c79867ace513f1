/** What stands behind an API server: objects by key, one counter of revisions, and a history that can be compacted. */
import type { KubeObject, Name, Resource } from '../kube/api.ts';
import { pluralDotGroup } from '../kube/resources.ts';
import { expired } from './api-errors.ts';
import { frozen } from './copy.ts';

export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly old?: KubeObject;
}

const keyOf = ({ namespace, name }: Name): string => (namespace === undefined ? name : `${namespace}/${name}`);

/** Objects that go in or come out are never changed; whoever hands them on copies them. */
export class ObjectStore {
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #compacted = 0;
  readonly #isShared: boolean;
  /** The revision of the newest change. */
  revision = 1;

  /** What is `shared` is handed on without a copy, and so it is frozen. */
  constructor(isShared = false) {
    this.#isShared = isShared;
  }

  get(resource: Resource, name: Name): KubeObject | undefined {
    return this.#kind(resource).get(keyOf(name));
  }

  /** All objects of a kind, ordered by namespace and name. */
  all(resource: Resource): KubeObject[] {
    return [...this.#kind(resource).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  put(resource: Resource, object: KubeObject): KubeObject {
    const old = this.get(resource, object.metadata);
    return this.#commit(resource, old === undefined ? 'ADDED' : 'MODIFIED', object, old);
  }

  remove(resource: Resource, object: KubeObject): void {
    this.#commit(resource, 'DELETED', object, this.get(resource, object.metadata));
  }

  /** Every change of a kind after `revision`, oldest first. Throws 410 when they are no longer known. */
  since(resource: Resource, revision: number): Change[] {
    if (revision < this.#compacted) throw expired();
    const wanted = pluralDotGroup(resource);
    return this.#history.filter((change) => change.revision > revision && pluralDotGroup(change.resource) === wanted);
  }

  /** Forgets the history, so that whoever continues from before now gets 410. */
  compact(): void {
    this.revision++;
    this.#compacted = this.revision;
    this.#history = [];
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #kind(resource: Resource): Map<string, KubeObject> {
    const kind = pluralDotGroup(resource);
    const found = this.#kinds.get(kind);
    if (found !== undefined) return found;
    const empty = new Map<string, KubeObject>();
    this.#kinds.set(kind, empty);
    return empty;
  }

  #commit(resource: Resource, type: Change['type'], object: KubeObject, old: KubeObject | undefined): KubeObject {
    const revision = ++this.revision;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    if (this.#isShared) frozen(stored);
    if (type === 'DELETED') this.#kind(resource).delete(keyOf(object.metadata));
    else this.#kind(resource).set(keyOf(object.metadata), stored);
    const change = { revision, type, resource, object: stored, ...(old === undefined ? {} : { old }) };
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return stored;
  }
}
