/**
 * One literal says what an object looks like; from it come the TypeScript type (`Infer`), the CRD that the API server
 * checks and `kubectl explain` prints, and the validator that runs without a server.
 *
 * ```ts
 * const window = { type: 'object', required: ['seconds'], properties: { seconds: { type: 'integer' } } } as const satisfies Schema;
 * type Window = Infer<typeof window>;   // { seconds: number }
 * ```
 */

/** A rule in CEL, as `x-kubernetes-validations` has it. It holds when `rule` is true of `self`. */
export interface Rule {
  /** CEL over `self`; a rule that names `oldSelf` is about a change and is only asked when there was a value before. */
  readonly rule: string;
  /** Says what would be right, as the end of a sentence that begins with the field's path. */
  readonly message?: string;
  /** CEL that makes the message; used instead of `message` when it yields a string. */
  readonly messageExpression?: string;
  /** Names a child in the problem's path, such as `.routes`. */
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

/** The part of JSON Schema that is at once a structural schema of Kubernetes and understood by ajv. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: 'date-time' | 'int64';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly additionalProperties?: Schema;
  readonly nullable?: true;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-int-or-string'?: true;
  /** Fields that the schema does not name are kept as they are. */
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

type Flat<T> = { -readonly [K in keyof T]: T[K] } & {};
type RequiredNames<S> = S extends { required: readonly (infer Name)[] } ? Name : never;
type Present<S, P> = {
  [K in keyof P]: K extends RequiredNames<S> ? K : P[K] extends { default: unknown } ? K : never;
}[keyof P];
type Null<S> = S extends { nullable: true } ? null : never;

type Value<S> = S extends { 'x-kubernetes-int-or-string': true }
  ? number | string
  : S extends { enum: readonly (infer Choice)[] }
    ? Choice
    : S extends { type: 'string' }
      ? string
      : S extends { type: 'integer' }
        ? number
        : S extends { type: 'boolean' }
          ? boolean
          : S extends { type: 'array'; items: infer Item }
            ? Infer<Item>[]
            : S extends { properties: infer P }
              ? Flat<
                  { -readonly [K in keyof P as K extends Present<S, P> ? K : never]: Infer<P[K]> } & {
                    -readonly [K in keyof P as K extends Present<S, P> ? never : K]?: Infer<P[K]>;
                  }
                >
              : S extends { additionalProperties: infer Item }
                ? Record<string, Infer<Item>>
                : unknown;

/** The type of a value that satisfies schema `S` once its defaults are filled in. */
export type Infer<S> = Value<S> | Null<S>;
