/** What the API server makes of our kinds, found out once for each spec: thousands of runs write the same few. */
import { isDeepStrictEqual } from 'node:util';
import type { KindName } from '../../crds/kinds.ts';
import { completeValue } from '../../crds/structure.ts';
import type { Definition } from '../../crds/definition.ts';
import { complete } from '../../crds/validate.ts';
import type { Problem } from '../../engine/evaluate/policy-spec.ts';
import type { KubeObject } from '../kube/api.ts';
import { copy } from '../testing/copy.ts';

type Spec = { readonly spec?: unknown };

const mostKnown = 10_000;
/** Uids, the ends of names that are made, and times of day: no rule looks at which. */
const opaque = /[0-9a-f]{10,12}|\d\d:\d\d:\d\d\.\d+/g;
const specs = new Map<string, { readonly spec: unknown; readonly problems: readonly Problem[] }>();
const changes = new Map<string, readonly Problem[]>();

/** A copy of an object without status with its defaults, and what is wrong with it. */
export function completed<T extends KubeObject & Spec>(
  kind: KindName,
  object: T,
): { object: T; problems: readonly Problem[] } {
  const { spec, problems } = remembered(specs, `${kind} ${JSON.stringify(object.spec)}`, () => {
    const found = complete(kind, object);
    return { spec: found.object.spec, problems: found.problems };
  });
  return { object: { ...object, spec }, problems };
}

/** What is wrong with the spec of an object whose spec was another one, or which is new. */
export const problemsOf = (
  kind: KindName,
  object: KubeObject & Spec,
  old: (KubeObject & Spec) | undefined,
): readonly Problem[] =>
  remembered(
    changes,
    `${kind} ${JSON.stringify(object.spec)} ${JSON.stringify(old?.spec)}`.replaceAll(opaque, '#'),
    () => complete(kind, withoutStatus(object), old && withoutStatus(old)).problems,
  );

const withoutStatus = ({ apiVersion, kind, metadata: { name }, spec }: KubeObject & Spec) => ({
  apiVersion,
  kind,
  metadata: { name },
  spec,
});

type Members = Readonly<Record<string, unknown>>;

/** What is wrong with the structure of a status, of which the old members were looked at before. */
export function problemOfStatus(definition: Definition, status: Members, old: Members): Problem | undefined {
  for (const [member, value] of Object.entries(status)) {
    if (isDeepStrictEqual(value, old[member])) continue;
    const path = `status.${member}`;
    const schema = definition.status.properties?.[member];
    if (schema === undefined) return { path, message: 'is not a field' };
    const [first] = completeValue(schema, copy(value));
    if (first !== undefined) return { path: `${path} ${first.path}`, message: first.message };
  }
  return undefined;
}

function remembered<T>(known: Map<string, T>, key: string, find: () => T): T {
  const found = known.get(key) ?? find();
  if (known.size >= mostKnown) known.clear();
  known.set(key, found);
  return found;
}
