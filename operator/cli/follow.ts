/** Follows one object by its watch until it is as wanted, or for as long as one will wait. */
import { ApiError, type KubeObject, type Resource, type WatchEvent } from '../kube/api.ts';
import { exitCodes, Failure } from './exit.ts';
import type { Session } from './session.ts';

/** How an object came to be followed no longer. */
export type Followed<T> =
  | { readonly is: 'Done'; readonly object: T }
  | { readonly is: 'Deleted'; readonly last: T }
  | { readonly is: 'TimedOut'; readonly last: T };

/** How long after a watch was cut another one is opened. */
const againAfterMs = 500;

/** Resolves when `isDone` says so of the newest version, when the object is deleted, or after `timeoutMs`. */
export async function follow<T extends KubeObject>(
  session: Session,
  resource: Resource,
  first: T,
  isDone: (object: T) => boolean,
  timeoutMs: number,
): Promise<Followed<T>> {
  const { api, options } = session;
  const { name, namespace } = first.metadata;
  const overAfter = new AbortController();
  const stop = options.clock.after(timeoutMs, () => overAfter.abort());
  const keepAlive = setInterval(() => {}, 60_000); // The clock’s timers alone do not keep the process alive.
  let last = first;
  try {
    for (;;) {
      if (isDone(last)) return { is: 'Done', object: last };
      if (overAfter.signal.aborted) return { is: 'TimedOut', last };
      try {
        const events = api.watch<T>(resource, {
          namespace,
          fieldSelector: `metadata.name=${name}`,
          resourceVersion: last.metadata.resourceVersion,
          timeoutSeconds: Math.ceil(timeoutMs / 1000),
          signal: overAfter.signal,
        });
        const ended = await until(events, isDone, (object) => (last = object));
        if (ended !== undefined) return ended;
        last = await api.get<T>(resource, { name, namespace });
      } catch (error) {
        if (overAfter.signal.aborted) continue;
        if (!(error instanceof ApiError)) throw error;
        if (error.reason === 'NotFound') return { is: 'Deleted', last };
        if (error.status >= 400 && error.status < 500 && error.status !== 410 && error.status !== 429) throw error;
        await new Promise<void>((resolve) => void setTimeout(resolve, againAfterMs));
      }
    }
  } finally {
    stop();
    clearInterval(keepAlive);
    overAfter.abort();
  }
}

/** Undefined when the stream ended before anything was decided. */
async function until<T extends KubeObject>(
  events: AsyncIterable<WatchEvent<T>>,
  isDone: (object: T) => boolean,
  keep: (object: T) => void,
): Promise<Followed<T> | undefined> {
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    if (event.type === 'ERROR') return undefined;
    keep(event.object);
    if (event.type === 'DELETED') return { is: 'Deleted', last: event.object };
    if (isDone(event.object)) return { is: 'Done', object: event.object };
  }
  return undefined;
}

/** `90s`, `5m`, `1h`, `7d`, or a number of seconds, in milliseconds. */
export function durationMs(text: string): number {
  const [, digits, unit = 's'] = /^(\d+)(s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined)
    throw new Failure(exitCodes.usage, `"${text}" is not a time: give one such as 90s, 5m, 1h or 7d`);
  return Number(digits) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
}
