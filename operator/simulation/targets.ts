import { pointerKeys, valueAt } from '../actions/json.ts';
import { anchorsName } from '../audit/anchor.ts';
import { revisionsName } from '../controllers/revisions/controller.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import type { FieldChange } from './field-changes.ts';

/** Whether writing such an object is doing something to the cluster, and not keeping our own books. */
export const isTarget = ({ group, kind }: Resource, name: string | undefined): boolean =>
  group !== 'homeostat.dev' &&
  kind !== 'Lease' &&
  kind !== 'Event' &&
  kind !== 'SelfSubjectAccessReview' &&
  !(kind === 'ConfigMap' && (name === anchorsName || name === revisionsName));

/** An object as records name it. */
export interface Subject {
  /** Undefined while it is not made yet. */
  readonly uid: string | undefined;
  readonly kind: string;
  readonly name: string;
}

/** The subject of a request or a change. */
export const subjectOf = ({ kind }: Resource, name: string, object: KubeObject | undefined): Subject => ({
  uid: object?.metadata.uid,
  kind,
  name,
});

/**
 * A change of a list as the changes of those of its elements that these paths name; as it is when it is no list, or when
 * none of them differs.
 */
export function elementsOf(field: FieldChange, paths: readonly string[]): FieldChange[] {
  const below = paths.filter((path) => path.startsWith(`${field.path}/`));
  const at = (value: unknown, path: string): unknown => valueAt(nested(field.path, value), path);
  const found = below
    .map((path) => ({ path, before: at(field.before, path), after: at(field.after, path) }))
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
  return found.length === 0 ? [field] : found;
}

/** An object that has this value at a pointer, and nothing else. */
const nested = (pointer: string, value: unknown): unknown =>
  pointerKeys(pointer).reduceRight<unknown>((child, key) => ({ [key]: child }), value);
