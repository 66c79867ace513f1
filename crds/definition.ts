import type { Infer, Schema } from '../engine/schema.ts';
import type { ObjectMeta } from './meta.ts';

/** The API group and version of every kind. */
export const group = 'homeostat.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}` as const;

/** A column of `kubectl get`; priority 1 is shown by `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** All there is to say of a kind. `spec` and `status` are the one source of its type, its validator and its CRD. */
export interface Definition<
  Kind extends string = string,
  Spec extends Schema = Schema,
  Status extends Schema = Schema,
> {
  readonly kind: Kind;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** Its objects give their names to others (`<name>-<hash>`) and to labels, so they are at most this long. */
  readonly maxNameLength?: number;
  /** What the kind is for, with an example; the first thing `kubectl explain` prints. */
  readonly description: string;
  readonly spec: Spec;
  readonly status: Status;
  readonly columns: readonly Column[];
  /** Fields that a `--field-selector` may name, such as `.spec.policyRef.name`. */
  readonly selectableFields: readonly string[];
}

/** Infers the schemas of a definition as literals. */
export const define = <const Kind extends string, const Spec extends Schema, const Status extends Schema>(
  definition: Definition<Kind, Spec, Status>,
): Definition<Kind, Spec, Status> => definition;

/** An object of a defined kind as the API server returns it: defaults filled in, status absent until first written. */
export interface CustomObject<Kind extends string, Spec, Status> {
  apiVersion: typeof apiVersion;
  kind: Kind;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
}

/** The spec that a definition's schema describes. */
export type SpecOf<D extends Definition> = Infer<D['spec']>;
/** The status that a definition's schema describes. */
export type StatusOf<D extends Definition> = Infer<D['status']>;
