/** The watch streams of the in-process API server. */
import type { Clock } from '../kube/clock.ts';
import type { KubeObject, Resource, WatchEvent, WatchOptions } from '../kube/api.ts';
import { apiVersionOf, pluralDotGroup } from '../kube/resources.ts';
import { copy } from './copy.ts';
import type { Change, ObjectStore } from './object-store.ts';
import { selects } from './selectors.ts';

type Event = WatchEvent<KubeObject>;
const bookmarkIntervalMs = 60_000;

export class Watches {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #isShared: boolean;
  readonly #open = new Set<(last?: Event) => void>();

  constructor(store: ObjectStore, clock: Clock, isShared = false) {
    this.#store = store;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Ends every stream, as a restarting API server does; with `last` as its last event. */
  close(last?: Event): void {
    for (const end of this.#open) end(last);
  }

  /** Throws 410 at once when the history from `resourceVersion` is gone. */
  open(resource: Resource, options: WatchOptions): AsyncIterable<Event> {
    const from = Number(options.resourceVersion ?? '0');
    const past: Event[] =
      from === 0
        ? this.#store
            .all(resource)
            .filter((object) => selects(options, object))
            .map((object) => ({ type: 'ADDED', object }))
        : this.#store.since(resource, from).flatMap((change) => toEvent(change, options));
    return this.#stream(resource, options, past);
  }

  #stream(resource: Resource, options: WatchOptions, pending: Event[]): AsyncIterable<Event> {
    let ended = options.signal.aborted;
    let wake = (): void => {};
    let stopBookmarks = (): void => {};
    const push = (...events: Event[]): void => {
      pending.push(...events);
      wake();
    };
    const end = (last?: Event): void => {
      ended = true;
      push(...(last === undefined ? [] : [last]));
    };
    const abort = (): void => {
      pending.length = 0;
      end();
    };
    const bookmark = (): void => {
      push(this.#bookmark(resource));
      stopBookmarks = this.#clock.after(bookmarkIntervalMs, bookmark);
    };
    stopBookmarks = this.#clock.after(bookmarkIntervalMs, bookmark);
    const stopTimeout = this.#clock.after(options.timeoutSeconds * 1000, end);
    const unsubscribe = this.#store.subscribe((change) => {
      if (pluralDotGroup(change.resource) === pluralDotGroup(resource)) push(...toEvent(change, options));
    });
    options.signal.addEventListener('abort', abort, { once: true });
    this.#open.add(end);
    const handOn = this.#isShared ? (event: Event): Event => event : copy<Event>;
    const close = (): void => {
      this.#open.delete(end);
      options.signal.removeEventListener('abort', abort);
      unsubscribe();
      stopTimeout();
      stopBookmarks();
    };
    return (async function* () {
      try {
        for (;;) {
          const event = pending.shift();
          if (event !== undefined) yield handOn(event);
          else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        close();
      }
    })();
  }

  #bookmark(resource: Resource): Event {
    const metadata = { name: '', resourceVersion: String(this.#store.revision) };
    return { type: 'BOOKMARK', object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } };
  }
}

/** An object that begins to match appears, one that ceases to match is gone. */
function toEvent({ type, object, old }: Change, options: WatchOptions): Event[] {
  const before = old !== undefined && selects(options, old);
  const after = type !== 'DELETED' && selects(options, object);
  if (!before && !after) return [];
  return [{ type: !before ? 'ADDED' : after ? 'MODIFIED' : 'DELETED', object }];
}
