import { createHash } from 'node:crypto';

/** A label value and a DNS label are this long at most; a name that fits both can be used everywhere. */
const longest = 63;
const hashLength = 10;

/**
 * `<prefix>-<hash of what it is about>`: asking twice for the same thing asks for the same name, so that the API server
 * answers a repeated create with AlreadyExists. A long prefix is cut.
 *
 * @example nameFor('memory-leak', policyUid, targetKey) // 'memory-leak-3f1c09ab52'
 */
export function nameFor(prefix: string, ...about: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, hashLength);
  const kept = prefix.slice(0, longest - hashLength - 1).replace(/[-.]+$/, '');
  return `${kept}-${hash}`;
}
