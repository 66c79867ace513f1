import type { KubeObject, Resource } from '../kube/api.ts';

/**
 * One question to the API server: an object by name, or (without a name) all objects of a kind, of a namespace or of all,
 * that a field selector such as `spec.nodeName=n1` or a label selector such as `app=web` picks.
 */
export interface Read {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** What came back. A list whose kind the server does not know (404) is `Absent`. */
export type Answer =
  | { readonly is: 'Found'; readonly object: KubeObject }
  | { readonly is: 'List'; readonly items: readonly KubeObject[] }
  | { readonly is: 'Absent' }
  /** Refused or not answered: nothing may be concluded from it. */
  | { readonly is: 'Unreadable'; readonly message: string };

/** Answers by `readKey`. What has not been read yet is missing. */
export type Live = ReadonlyMap<string, Answer>;

/** The key of a question in `Live`. */
export const readKey = ({
  resource,
  namespace = '',
  name = '*',
  fieldSelector = '',
  labelSelector = '',
}: Read): string =>
  `${resource.group}/${resource.version}/${resource.plural}/${namespace}/${name}?${fieldSelector}&${labelSelector}`;

/** Of these questions, those that have no answer yet, each once. */
export function unanswered(reads: readonly Read[], live: Live): Read[] {
  const missing = new Map(reads.map((read) => [readKey(read), read]));
  for (const key of live.keys()) missing.delete(key);
  return [...missing.values()];
}

/**
 * The answer to a question; `Unreadable` when it was never asked, so that forgetting to ask is never taken for absence.
 * What was asked of all objects of a kind is an answer about each of them, too.
 */
export const answerTo = (live: Live, read: Read): Answer =>
  live.get(readKey(read)) ??
  amongAll(live, read) ?? { is: 'Unreadable', message: `${describeRead(read)} was not read` };

function amongAll(live: Live, { resource, namespace, name }: Read): Answer | undefined {
  if (name === undefined) return undefined;
  const all = live.get(readKey({ resource, namespace }));
  if (all?.is !== 'List') return all;
  const object = all.items.find(({ metadata }) => metadata.name === name);
  return object === undefined ? { is: 'Absent' } : { is: 'Found', object };
}

/** `Deployment shop/cart`, as messages name an object or a question. */
export const describeRead = ({ resource, namespace, name, fieldSelector }: Read): string =>
  name === undefined
    ? `the list of ${resource.plural}${namespace === undefined ? '' : ` in ${namespace}`}${fieldSelector === undefined ? '' : ` with ${fieldSelector}`}`
    : `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
