import type { KubeApi, KubeObject, Resource } from '../../operator/kube/api.ts';
import { DetectionPolicy, Deployment, Incident, Node, Pod, Remediation } from '../../operator/kube/resources.ts';

/** What scenarios look at. */
export const recordedKinds: readonly Resource[] = [Pod, Node, Deployment, DetectionPolicy, Incident, Remediation];

/** One change of one object, as this process saw it arrive. */
export interface Observation {
  readonly atMs: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: KubeObject;
}

/**
 * Watches some kinds of a cluster and keeps every change with the time of its arrival: an outside witness of when a
 * write was to be seen, which owes nothing to what the operator says of itself.
 */
export class Recorder {
  readonly observations: Observation[] = [];
  readonly #api: Pick<KubeApi, 'list' | 'watch'>;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(observation: Observation) => void>();
  readonly #watches: Promise<void>[] = [];

  constructor(api: Pick<KubeApi, 'list' | 'watch'>) {
    this.#api = api;
  }

  /** Resolves when the present state of every kind is known and watched. */
  async start(resources: readonly Resource[]): Promise<void> {
    await Promise.all(
      resources.map(async (resource) => {
        const list = await this.#api.list<KubeObject>(resource);
        for (const object of list.items) this.#add('ADDED', resource, object);
        this.#watches.push(this.#watch(resource, list.resourceVersion));
      }),
    );
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#watches);
  }

  /** Calls `listener` for each later change; the result ends it. */
  onChange(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first recorded or coming observation from `sinceMs` on that fits; rejects at the deadline, saying what was waited for. */
  first(
    what: string,
    sinceMs: number,
    deadlineMs: number,
    fits: (observation: Observation) => boolean,
  ): Promise<Observation> {
    const found = this.observations.find((observation) => observation.atMs >= sinceMs && fits(observation));
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          stop();
          reject(new Error(`not seen until the deadline: ${what}`));
        },
        Math.max(0, deadlineMs - Date.now()),
      );
      const stop = this.onChange((observation) => {
        if (!fits(observation)) return;
        clearTimeout(timer);
        stop();
        resolve(observation);
      });
    });
  }

  /** The last known state of every object of a kind that still exists. */
  present(kind: string): KubeObject[] {
    const byUid = new Map<string, KubeObject>();
    for (const { kind: seen, type, object } of this.observations) {
      if (seen !== kind) continue;
      if (type === 'DELETED') byUid.delete(object.metadata.uid ?? '');
      else byUid.set(object.metadata.uid ?? '', object);
    }
    return [...byUid.values()];
  }

  async #watch(resource: Resource, from: string): Promise<void> {
    let resourceVersion = from;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        for await (const event of this.#api.watch<KubeObject>(resource, {
          resourceVersion,
          timeoutSeconds: 600,
          signal,
        })) {
          if (event.type === 'ERROR') throw new Error(event.object.message ?? 'the watch ended with an error');
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          if (event.type !== 'BOOKMARK') this.#add(event.type, resource, event.object);
        }
      } catch (error) {
        if (signal.aborted) return;
        console.error(`recorder: watch of ${resource.plural} broke and begins again: ${String(error)}`);
        resourceVersion = (await this.#listAgain(resource)) ?? resourceVersion;
      }
    }
  }

  /** Records what changed while there was no watch, as of now; tries until the server answers or the recorder stops. */
  async #listAgain(resource: Resource): Promise<string | undefined> {
    while (!this.#abort.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const list = await this.#api.list<KubeObject>(resource).catch(() => undefined);
      if (list === undefined) continue;
      const before = new Map(this.present(resource.kind).map((object) => [object.metadata.uid, object]));
      for (const object of list.items) {
        const known = before.get(object.metadata.uid);
        before.delete(object.metadata.uid);
        if (known?.metadata.resourceVersion !== object.metadata.resourceVersion)
          this.#add(known === undefined ? 'ADDED' : 'MODIFIED', resource, object);
      }
      for (const gone of before.values()) this.#add('DELETED', resource, gone);
      return list.resourceVersion;
    }
    return undefined;
  }

  #add(type: Observation['type'], resource: Resource, object: KubeObject): void {
    const observation: Observation = { atMs: Date.now(), type, kind: resource.kind, object };
    this.observations.push(observation);
    for (const listener of this.#listeners) listener(observation);
  }
}
