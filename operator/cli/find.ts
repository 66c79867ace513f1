/** What a name on the command line means. */
import type { KubeObject, Resource } from '../kube/api.ts';
import { hasReason } from '../kube/api.ts';
import * as resources from '../kube/resources.ts';
import { exitCodes, Failure } from './exit.ts';
import type { Session } from './session.ts';

/** A kind that may stand on the command line, with everything it may be called. */
export interface Named {
  readonly resource: Resource;
  readonly words: readonly string[];
  /** The one that completion offers. */
  readonly offered: string;
}

const named = (resource: Resource, short: string, offered = resource.kind.toLowerCase()): Named => ({
  resource,
  words: [resource.kind.toLowerCase(), resource.plural, short, offered],
  offered,
});

/** Ours first; then what incidents can be about. */
export const namedKinds: readonly Named[] = [
  named(resources.Remediation, 'rem'),
  named(resources.Incident, 'inc'),
  named(resources.RemediationPlan, 'rplan', 'plan'),
  named(resources.DetectionPolicy, 'dpol', 'policy'),
  named(resources.Pod, 'po'),
  named(resources.Node, 'no'),
  named(resources.Deployment, 'deploy'),
  named(resources.StatefulSet, 'sts'),
  named(resources.DaemonSet, 'ds'),
];

/** One object as it was named. */
export interface Reference {
  readonly resource: Resource;
  readonly name: string;
}

/** The kind that a word means, such as `rem` or `remediations.homeostat.dev`. */
export const resourceNamed = (word: string): Resource | undefined => {
  const bare = word.toLowerCase().replace(/\..*$/, '');
  return namedKinds.find(({ words }) => words.includes(bare))?.resource;
};

/**
 * Understands `rem x`, `rem/x` and, where the kind goes without saying, `x`. `kinds` are those that the command is about;
 * undefined: the name alone was given, and it may be any of them.
 */
export function referenceOf(words: readonly string[], kinds: readonly Resource[]): Reference | string {
  const [first = '', second] = words.length === 1 && words[0]?.includes('/') ? words[0].split('/', 2) : words;
  if (second === undefined)
    return kinds.length === 1 && kinds[0] !== undefined ? { resource: kinds[0], name: first } : first;
  const resource = resourceNamed(first);
  if (resource === undefined || !kinds.includes(resource)) {
    throw new Failure(
      exitCodes.usage,
      `"${first}" is not a kind that can stand here: give one of ${kinds.map(({ kind }) => kind.toLowerCase()).join(', ')}`,
    );
  }
  if (second === '') throw new Failure(exitCodes.usage, `"${words.join(' ')}" names no object: give ${first}/NAME`);
  return { resource, name: second };
}

/** Reads an object of the session’s namespace (or of none); 404 when there is none. */
export const read = <T extends KubeObject>(session: Session, { resource, name }: Reference): Promise<T> =>
  session.api.get<T>(resource, { name, ...(resource.namespaced ? { namespace: session.namespace } : {}) });

/** The same, undefined when it does not exist. */
export async function readIfThere<T extends KubeObject>(
  session: Session,
  reference: Reference,
): Promise<T | undefined> {
  try {
    return await read<T>(session, reference);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The first of these kinds that has an object of this name. */
export async function readAny(
  session: Session,
  name: string,
  kinds: readonly Resource[],
): Promise<{ readonly resource: Resource; readonly object: KubeObject }> {
  for (const resource of kinds) {
    const object = await readIfThere(session, { resource, name });
    if (object !== undefined) return { resource, object };
  }
  const list = kinds.map(({ kind }) => kind.toLowerCase()).join(', ');
  throw new Failure(
    exitCodes.notFound,
    `there is no ${list} "${name}" in namespace ${session.namespace}: see ${session.options.program} status -A, or choose another with -n`,
  );
}
