/**
 * What a reflector does next, as a pure step: (state, what happened) -> (state, what it means for the store, whether to
 * wait before going on). The states are those of a list-watch: nothing known; some pages of a list; watching from a
 * version. Nothing that a server says can end it, and nothing but a complete list or an event touches the store.
 */
import { ApiError, type KubeObject, type WatchEvent } from './api.ts';

export type ReflectorState<T> =
  | { readonly at: 'Empty' }
  | { readonly at: 'InitialList'; readonly pages: readonly (readonly T[])[]; readonly continue: string }
  | { readonly at: 'Watching'; readonly resourceVersion: string };

export type ReflectorInput<T> =
  | {
      readonly kind: 'Page';
      readonly objects: readonly T[];
      readonly resourceVersion: string;
      readonly continue?: string | undefined;
    }
  | { readonly kind: 'ListFailed'; readonly error: unknown }
  | { readonly kind: 'Event'; readonly event: WatchEvent<T> }
  /** The stream is over: as agreed, or with an error. `livedMs` is how long it lasted, `heard` whether anything came. */
  | { readonly kind: 'WatchEnded'; readonly livedMs: number; readonly heard: boolean; readonly error?: unknown };

export interface ReflectorStep<T> {
  readonly state: ReflectorState<T>;
  /** What the store must take over. */
  readonly effect?:
    | { readonly kind: 'Replace'; readonly objects: readonly T[] }
    | { readonly kind: 'Set' | 'Delete'; readonly object: T };
  /** Wait before the next request. */
  readonly backOff: boolean;
  /** What went wrong, to be counted and logged. */
  readonly problem?: unknown;
}

const empty = { at: 'Empty' } as const;

/** A watch that lived this long and ended without an error has done its duty: the next one follows at once. */
const dutyMs = 120_000;

/**
 * A healthy server sends a bookmark about once a minute. One whose database was restored from a backup waits in silence
 * for a version that will not come for a long time: only a new list helps.
 */
const silence = 'the watch brought nothing, not even a bookmark';

export function step<T extends KubeObject>(state: ReflectorState<T>, input: ReflectorInput<T>): ReflectorStep<T> {
  switch (input.kind) {
    case 'Page': {
      const pages = [...(state.at === 'InitialList' ? state.pages : []), input.objects];
      if (input.continue !== undefined) {
        return { state: { at: 'InitialList', pages, continue: input.continue }, backOff: false };
      }
      const { resourceVersion } = input;
      const effect = { kind: 'Replace', objects: pages.flat() } as const;
      return { state: { at: 'Watching', resourceVersion }, effect, backOff: false };
    }
    case 'ListFailed':
      // A page token that expired is of no use; after any other failure the pages so far are still right.
      return { state: isGone(input.error) ? empty : state, backOff: true, problem: input.error };
    case 'Event':
      return onEvent(state, input.event);
    case 'WatchEnded':
      if (input.error === undefined && input.livedMs >= dutyMs && !input.heard) {
        return { state: empty, backOff: true, problem: new ApiError(silence, { status: 0, reason: 'Timeout' }) };
      }
      if (input.error === undefined) return { state, backOff: input.livedMs < dutyMs };
      return { state: isGone(input.error) ? empty : state, backOff: true, problem: input.error };
  }
}

function onEvent<T extends KubeObject>(state: ReflectorState<T>, event: WatchEvent<T>): ReflectorStep<T> {
  if (event.type === 'ERROR') {
    const { code = 0, reason = 'Unknown', message = 'the watch reported an error' } = event.object;
    const problem = new ApiError(message, { status: code, reason, details: event.object });
    return { state: isGone(problem) ? empty : state, backOff: true, problem };
  }
  const { resourceVersion } = event.object.metadata;
  const next = resourceVersion === undefined ? state : ({ at: 'Watching', resourceVersion } as const);
  if (event.type === 'BOOKMARK') return { state: next, backOff: false };
  const kind = event.type === 'DELETED' ? 'Delete' : 'Set';
  return { state: next, effect: { kind, object: event.object }, backOff: false };
}

/**
 * What to continue from, a version or a page's token, is too old, from a future that never was (after a restored backup),
 * or not understood (after an upgrade of the server): to ask with it again would be refused for ever.
 */
const isGone = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.status === 410 || error.status === 400 || error.message.includes('Too large resource version'));
