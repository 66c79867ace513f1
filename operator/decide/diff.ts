/** Changes as lines for people: `Deployment shop/cart spec.replicas: 3 -> 4`. */
import type { RecordedChange } from '../../crds/remediation.ts';
import { readOf } from '../actions/fields.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import type { KubeObject } from '../kube/api.ts';

/** So much of a value is shown. */
const longestValue = 200;

/** The lines of what a step wants to change. */
export const linesOf = (changes: readonly RecordedChange[]): string[] => changes.map(lineOf);

function lineOf(change: RecordedChange): string {
  const what = describeRead(readOf(change));
  if (change.path === '') return `${what}: ${change.to === undefined ? 'deleted' : 'created'}`;
  return `${what} ${shownPath(change.path)}: ${shown(change.from)} -> ${shown(change.to)}`;
}

/** What the API server writes by itself with every change, and what is not ours to want. */
const ofTheServer: ReadonlySet<string> = new Set([
  '/metadata/managedFields',
  '/metadata/resourceVersion',
  '/metadata/generation',
  '/metadata/uid',
  '/metadata/creationTimestamp',
  '/metadata/selfLink',
  '/status',
  '/apiVersion',
  '/kind',
]);

/**
 * What the API server would make different of an object beyond what was asked for, as lines: defaults, and the changes
 * of admission webhooks.
 */
export function addedByServer(before: KubeObject, after: KubeObject, asked: readonly RecordedChange[]): string[] {
  const paths = asked.filter(({ object }) => object.uid === before.metadata.uid).map(({ path }) => path);
  const isAsked = (path: string): boolean => paths.some((one) => path === one || path.startsWith(`${one}/`));
  // Asked for `/metadata/labels/a` of an object without labels: what is new is `/metadata/labels`, and in it what is asked.
  return [...differences(before, after, '')]
    .filter(({ path }) => !isAsked(path))
    .map(
      ({ path, from, to }) => `${nameOf(after)} ${shownPath(path)}: ${shown(from)} -> ${shown(to)} (by the API server)`,
    );
}

const nameOf = ({ kind = 'object', metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

interface Difference {
  readonly path: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

function* differences(before: unknown, after: unknown, path: string): Generator<Difference> {
  if (ofTheServer.has(path)) return;
  if (isParent(before) && isParent(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* differences(
        child(before, key),
        child(after, key),
        `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      );
  } else if (isParent(before) || isParent(after)) {
    // A whole branch that comes or goes is told leaf by leaf.
    yield* differences(isParent(before) ? before : {}, isParent(after) ? after : {}, path);
  } else if (before !== after) yield { path, from: json(before), to: json(after) };
}

const isParent = (value: unknown): value is object => typeof value === 'object' && value !== null;
const child = (value: object, key: string): unknown => Object.entries(value).find(([name]) => name === key)?.[1];
const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

function shown(text: string | undefined): string {
  if (text === undefined) return 'absent';
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
