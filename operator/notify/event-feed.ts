/**
 * Every change of Incidents and Remediations as a CloudEvent on NATS, for dashboards and other programs: the fast path,
 * which may be lost; the truth are the objects. After a restart, and when another process leads, the newest state of each
 * is published again, under the same id.
 */
import { Counter, type Registry } from 'prom-client';
import type { KubeObject } from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { WorkQueue } from '../kube/queue.ts';
import { sourceOf, type CloudEvent } from './cloud-event.ts';
import type { EventBus } from './event-bus.ts';

/** The part of the records of a kind that is needed here. */
export interface Changing {
  get(key: string): KubeObject | undefined;
  list(): Iterable<KubeObject>;
  onChange(listener: (key: string) => void): () => void;
}

export interface EventFeedOptions {
  /** By plural, which is a token of the subject: `homeostat.events.incidents.<namespace>.<name>`. */
  readonly kinds: Readonly<Record<'incidents' | 'remediations', Changing>>;
  readonly bus: EventBus;
  readonly subjectPrefix: string;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly registry: Registry;
}

type Plural = keyof EventFeedOptions['kinds'];

const results = ['Published', 'Failed'] as const;
/** A broker takes no larger message by default; what is larger is published without its status. */
const longestBytes = 900_000;
/** The longest pause while the broker is away. */
const pauseMs = { first: 500, longest: 30_000 };

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #queue: WorkQueue;
  /** By key, which version was published last of what still exists, and whose it is. */
  readonly #published = new Map<string, { readonly version: string; readonly object: KubeObject }>();
  readonly #count: (result: (typeof results)[number]) => void;
  readonly #unsubscribe: (() => void)[];

  constructor(options: EventFeedOptions) {
    const { kinds, clock, registry } = options;
    this.#options = options;
    const counter = new Counter({
      name: 'homeostat_events_published_total',
      help: 'CloudEvents about Incidents and Remediations: published, or failed and tried again.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of results) counter.inc({ result }, 0);
    this.#count = (result) => counter.inc({ result });
    this.#queue = new WorkQueue({
      work: (key) => this.#publish(key),
      clock,
      baseMs: pauseMs.first,
      maxMs: pauseMs.longest,
      onError: () => this.#count('Failed'),
    });
    this.#unsubscribe = plurals.map((plural) => kinds[plural].onChange((key) => this.#queue.add(`${plural} ${key}`)));
  }

  /** Publishes the newest state of everything that has not been published by us. */
  resync(): void {
    for (const plural of plurals)
      for (const { metadata } of this.#options.kinds[plural].list())
        this.#queue.add(`${plural} ${metadata.namespace}/${metadata.name}`);
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#queue.close();
  }

  async #publish(queued: string): Promise<void> {
    const { kinds, bus, isLeader, clock, subjectPrefix } = this.#options;
    if (!isLeader()) return;
    const [plural, key] = queued.split(' ') as [Plural, string];
    const before = this.#published.get(queued);
    const object = kinds[plural].get(key);
    const shown = object ?? before?.object;
    const version = object?.metadata.resourceVersion ?? 'deleted';
    // What was gone before it was published is of no interest to anybody.
    if (shown === undefined || before?.version === version) return;
    const change = object === undefined ? 'deleted' : before === undefined ? 'seen' : 'changed';
    const event = eventOf(plural, shown, { change, version, nowMs: clock.now() });
    const { namespace = '', name } = shown.metadata;
    const subject = [subjectPrefix, 'events', plural, namespace, name.replaceAll('.', '_')].join('.');
    await bus.publish(subject, bytesOf(event), event.id);
    this.#count('Published');
    if (object === undefined) this.#published.delete(queued);
    else this.#published.set(queued, { version, object: { metadata: whose(object) } });
  }
}

const whose = ({ metadata: { name, namespace, uid } }: KubeObject): KubeObject['metadata'] => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  ...(uid === undefined ? {} : { uid }),
});

const plurals = ['incidents', 'remediations'] as const satisfies readonly Plural[];

function eventOf(
  plural: Plural,
  object: KubeObject,
  { change, version, nowMs }: { change: string; version: string; nowMs: number },
): CloudEvent {
  const { namespace, name, uid = '' } = object.metadata;
  return {
    specversion: '1.0',
    id: `${uid}/${version}`,
    source: sourceOf(plural, { name, ...(namespace === undefined ? {} : { namespace }) }),
    type: `dev.homeostat.${plural.slice(0, -1)}.${change}`,
    subject: uid,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    data: object,
  };
}

function bytesOf(event: CloudEvent): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  if (bytes.length <= longestBytes) return bytes;
  const { status: _status, ...rest } = event.data as { status?: unknown };
  return new TextEncoder().encode(JSON.stringify({ ...event, data: rest }));
}
