import type { Origin, Target } from './action.ts';
import { isJsonObject } from './json.ts';

/** What `${…}` may stand for; undefined where the target has no such thing. */
const values = (target: Target, origin: Origin): Readonly<Record<string, string | undefined>> => ({
  'target.kind': target.kind,
  'target.namespace': target.namespace,
  'target.name': target.name,
  'target.uid': target.uid,
  'target.container': target.container,
  'target.node': target.kind === 'Node' ? target.name : target.node,
  'workload.kind': target.workload?.kind,
  'workload.name': target.workload?.name,
  'remediation.name': origin.name,
  'remediation.namespace': origin.namespace,
});

/** `value` with every `${…}` in its texts replaced; or what stands for nothing. */
export function filled<T>(
  value: T,
  target: Target,
  origin: Origin,
): { readonly value: T } | { readonly problem: string } {
  const known = values(target, origin);
  let problem: string | undefined;
  const text = (raw: string): string =>
    raw.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) => {
      const found = Object.hasOwn(known, name) ? known[name] : undefined;
      if (found === undefined)
        problem ??= Object.hasOwn(known, name)
          ? `${whole} stands for nothing: the target has no such thing`
          : `${whole} is not known: there are ${Object.keys(known).join(', ')}`;
      return found ?? '';
    });
  const fill = (each: unknown): unknown => {
    if (typeof each === 'string') return text(each);
    if (Array.isArray(each)) return each.map(fill);
    if (!isJsonObject(each)) return each;
    return Object.fromEntries(Object.entries(each).map(([key, child]) => [key, fill(child)]));
  };
  const done = fill(value) as T;
  return problem === undefined ? { value: done } : { problem };
}
