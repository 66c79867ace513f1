/** Writing `/status`: only what changed, only over the version that was read, and not at all when nothing changed. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeApi, KubeObject, Resource } from './api.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Makes the status of `live` (as it was read) into `status` and returns the object as it is afterwards. Rejects with
 * `Conflict` when somebody wrote in between: look again and decide anew. Members that are `undefined` are removed.
 */
export async function writeStatus<T extends KubeObject & { status?: unknown }>(
  api: KubeApi,
  resource: Resource,
  live: T,
  status: NonNullable<T['status']>,
  fieldManager = 'homeostat',
): Promise<T> {
  const change = mergeDifference(live.status ?? {}, status);
  if (change === undefined) return live;
  const { name, namespace, uid, resourceVersion } = live.metadata;
  const body = { metadata: { uid, resourceVersion }, status: change };
  return api.patch<T>(resource, { name, namespace }, { type: 'merge', body }, { subresource: 'status', fieldManager });
}

/**
 * The JSON merge patch (RFC 7396) that makes `from` into `to`; undefined when they are equal. Lists are replaced whole.
 * @example mergeDifference({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2, d: 4 } }) // { a: null, b: { d: 4 } }
 */
export function mergeDifference(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return isDeepStrictEqual(from, to) ? undefined : withoutUndefined(to);
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (to[key] === undefined && from[key] !== undefined) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue;
    const change = from[key] === undefined ? withoutUndefined(value) : mergeDifference(from[key], value);
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** As it will be on the wire. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : withoutUndefined(item)));
  if (!isMap(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) kept[key] = withoutUndefined(member);
  return kept;
}
