/**
 * One link of a chain: what is sealed, behind which link. The hash of a link covers the hash of the one before it, so
 * none can be changed, removed or put elsewhere without every later one showing it.
 */
import type { Remediation, Seal } from '../../crds/remediation.ts';
import { canonical, type Digest } from './canonical.ts';
import { factsOf, isFinished, mayChange, recordOf, type Fact } from './contents.ts';

/** What the first link of a chain stands behind. */
export const genesis = '0'.repeat(64);

/** As many links as one Remediation can have (status.seals). */
export const mostSeals = 32;

/** As many facts as one link takes; what is left goes into the next one. */
export const mostFacts = 300;

/** The end of a chain: the number and the hash of its last link, and whose it is. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
  readonly name?: string | undefined;
}

/** The facts that no seal has yet. */
export function unsealedFacts(remediation: Remediation): Fact[] {
  const sealed = new Map(sealedFacts(remediation.status?.seals ?? []));
  return factsOf(remediation).filter((fact) => {
    const before = sealed.get(fact.name);
    return before === undefined || (mayChange(fact) && before !== fact.text);
  });
}

/** The facts of these seals by name, the newest of a name last. */
export const sealedFacts = (seals: readonly Seal[]): [name: string, text: string][] =>
  seals.flatMap(({ facts = [] }) => facts.map(({ name, text }): [string, string] => [name, text]));

/** Whether there is something to seal: it has ended and has no seal, or there are facts that have none. */
export function needsSeal(remediation: Remediation): boolean {
  if (!isFinished(remediation)) return false;
  const { seals = [] } = remediation.status ?? {};
  return seals.length === 0 || (seals.length < mostSeals && unsealedFacts(remediation).length > 0);
}

/** The next link, behind `head`. A later link of a Remediation has the record of its first one, whatever it is by now. */
export function sealOf(
  remediation: Remediation,
  head: Head,
  facts: { readonly time: string; readonly evidence?: string | undefined; readonly digest: Digest },
): Seal {
  const { time, evidence, digest } = facts;
  const [first] = remediation.status?.seals ?? [];
  const unsealed = unsealedFacts(remediation).slice(0, mostFacts);
  const link = {
    sequence: head.sequence + 1,
    time,
    record: first?.record ?? digest(canonical(recordOf(remediation))),
    ...(evidence === undefined ? {} : { evidence }),
    ...(unsealed.length === 0 ? {} : { facts: unsealed }),
    ...(head.name === undefined ? {} : { previousName: head.name }),
    previousHash: head.hash,
  };
  return { ...link, hash: hashOf(remediation, link, digest) };
}

/** The hash of a link, from everything else in it and from whose it is. */
export function hashOf({ metadata }: Remediation, link: Omit<Seal, 'hash'>, digest: Digest): string {
  const { sequence, time, record, evidence, facts, previousName, previousHash } = link;
  const { namespace, name, uid } = metadata;
  const whose = { namespace, name, uid };
  return digest(canonical({ ...whose, sequence, time, record, evidence, facts, previousName, previousHash }));
}
