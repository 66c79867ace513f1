import type { Problem } from '../engine/evaluate/policy-spec.ts';
import { objectSchema } from './custom-resource.ts';
import { apiVersion } from './definition.ts';
import { definitionOf, type KindName } from './kinds.ts';
import { brokenRules } from './rules.ts';
import { completeStructure } from './structure.ts';

/**
 * What the API server would refuse in `object`, told without one: for files on disk, and for objects that were stored
 * under an older schema. Empty when it is valid; the path `""` is the object itself. Defaults count as given; `object` is
 * not changed. With `old`, the change from it is judged too. As on the API server, rules are asked only once the
 * structure is right. Whatever `object` is, this does not throw.
 *
 * @example
 * validate('RemediationPlan', { …, spec: { steps: [{ name: 'go', action: {} }] } })
 * // [{ path: 'spec.steps[0].action', message: 'must name exactly one action: cordon, restartPod, scale, label' }]
 */
export function validate(kind: KindName, object: unknown, old?: unknown): Problem[] {
  return complete(kind, object, old).problems;
}

/** A copy of `object` with the defaults that the API server would fill in, and what is wrong with it. */
export function complete<T>(kind: KindName, object: T, old?: unknown): { object: T; problems: Problem[] } {
  const definition = definitionOf(kind);
  if (definition === undefined) throw new RangeError(`${kind} is not a kind of homeostat.dev`);
  const copy = structuredClone(object);
  const structure = [...identityProblems(kind, copy), ...completeStructure(definition, copy)];
  const problems = structure.length > 0 ? structure : brokenRules(objectSchema(definition), copy, old);
  return { object: copy, problems };
}

function identityProblems(kind: KindName, object: unknown): Problem[] {
  const { apiVersion: version, kind: found, metadata } = (object ?? {}) as Record<string, unknown>;
  const problems: Problem[] = [];
  if (version !== apiVersion) problems.push({ path: 'apiVersion', message: `must be ${apiVersion}` });
  if (found !== kind) problems.push({ path: 'kind', message: `must be ${kind}` });
  const { name, generateName } = (metadata ?? {}) as Record<string, unknown>;
  if (name === undefined && generateName === undefined)
    problems.push({ path: 'metadata.name', message: 'is required: the name of the object' });
  return problems;
}
