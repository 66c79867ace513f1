/**
 * How often something was warned of by Kubernetes' Events, for each pod and node. Events are watched only when a policy
 * names their number: a cluster has tens of thousands of them, and most are of no interest to anybody.
 */
import type { KubeObject } from '../../kube/api.ts';
import { Reflector, type ReflectorOptions } from '../../kube/reflector.ts';
import { Event } from '../../kube/resources.ts';
import type { StoreEvent } from '../../kube/store.ts';

/** The metrics that are made of them. */
export const warningMetrics: ReadonlySet<string> = new Set(['k8s.pod.events.warnings', 'k8s.node.events.warnings']);

/** What is kept of an Event. */
export interface WarningView extends KubeObject {
  /** `Pod/uid` or `Node/name`; undefined: it concerns neither, or it is our own. */
  readonly about: string | undefined;
  readonly count: number;
}

interface Raw extends KubeObject {
  readonly regarding?: { readonly kind?: string; readonly uid?: string; readonly name?: string };
  readonly reportingController?: string;
  readonly series?: { readonly count?: number };
  readonly deprecatedCount?: number;
}

/** Our own are left out: a Warning that an attempt failed must not be a reason for the next. */
export function warningView({
  metadata,
  regarding = {},
  reportingController = '',
  series,
  deprecatedCount,
}: Raw): WarningView {
  const { name, namespace, uid, resourceVersion } = metadata;
  const { kind, uid: of = '', name: called = '' } = regarding;
  const about = kind === 'Pod' ? `Pod/${of}` : kind === 'Node' ? `Node/${called}` : undefined;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    about: reportingController.startsWith('homeostat.dev/') ? undefined : about,
    count: Math.max(1, series?.count ?? 0, deprecatedCount ?? 0),
  };
}

/** The part of a reflector that is used here. */
type Watched = Pick<Reflector<WarningView>, 'start' | 'stop' | 'synced' | 'hasSynced' | 'onEvent'>;

/** Counts what was warned of since it began to watch; what there was before is where the count begins. */
export class Warnings {
  readonly #reflector: Watched;
  /** With the Events that there are about it: when the last has expired, the count begins again. */
  readonly #counted = new Map<string, { events: number; count: number }>();
  readonly #listeners = new Set<(about: string | undefined) => void>();
  #started = false;

  constructor(reflector: Watched) {
    this.#reflector = reflector;
    reflector.onEvent((event) => this.#take(event));
  }

  /** With a reflector of its own, of Warnings in all namespaces. */
  static of(options: Omit<ReflectorOptions<KubeObject>, 'resource' | 'transform' | 'fieldSelector'>): Warnings {
    return new Warnings(
      new Reflector<WarningView, KubeObject>({
        ...options,
        resource: Event,
        fieldSelector: 'type=Warning',
        transform: warningView,
      }),
    );
  }

  /** Begins to watch, for good. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#reflector.start();
    void this.#reflector.synced().then(
      () => this.#tell(undefined),
      () => {}, // Stopped before.
    );
  }

  async stop(): Promise<void> {
    if (this.#started) await this.#reflector.stop();
  }

  /** Warnings so far about `Pod/uid` or `Node/name`; NaN while they are not watched. */
  about(what: string): number {
    return this.#reflector.hasSynced ? (this.#counted.get(what)?.count ?? 0) : Number.NaN;
  }

  /** Calls `listener` with what has been warned of again; undefined: of all, the counts have begun. The result ends that. */
  onChange(listener: (about: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take({ type, object, old }: StoreEvent<WarningView>): void {
    const { about, count } = object;
    if (about === undefined) return;
    const known = this.#counted.get(about) ?? { events: 0, count: 0 };
    this.#counted.set(about, known);
    if (type === 'ADDED') known.events++;
    if (type === 'DELETED' && --known.events === 0) this.#counted.delete(about);
    // What the first list shows has happened before.
    else if (type !== 'DELETED' && this.#reflector.hasSynced) known.count += Math.max(0, count - (old?.count ?? 0));
    if (this.#reflector.hasSynced) this.#tell(about);
  }

  #tell(about: string | undefined): void {
    for (const listener of this.#listeners) listener(about);
  }
}
