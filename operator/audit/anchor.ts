/**
 * What holds a chain together beside the Remediations themselves: its end, and what was forgotten of it. There is one
 * chain for each namespace, and one anchor for each chain; all anchors are the data of one ConfigMap in the operator's
 * namespace, by the namespace of the chain. Its resource version is what makes a chain one chain: a link is appended only
 * over the version that was read, so two leaders cannot both put one behind the same link.
 */
import type { Remediation, Seal } from '../../crds/remediation.ts';
import { genesis, type Head } from './seal.ts';

/** The ConfigMap with the anchors, in the operator's own namespace. */
export const anchorsName = 'homeostat-audit';

/** A link that was appended, and may not yet stand in its Remediation. */
export interface Pending {
  readonly name: string;
  readonly uid: string;
  readonly seal: Seal;
}

/** Links that follow each other and whose Remediations are gone by right: the hash before the first, and of the last. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** A Remediation that was deleted after all it had done was taken back. */
export interface Deletion {
  readonly name: string;
  readonly time: string;
}

export interface Anchor {
  readonly head: Head;
  /** In the order of the chain; no two touch. */
  readonly forgotten: readonly Run[];
  /** Deletions, the newest last. */
  readonly deleted: readonly Deletion[];
  readonly pending: readonly Pending[];
}

/** As many deletions as an anchor names. */
const mostDeletions = 100;

/** The anchor of a chain without links. */
export const emptyAnchor: Anchor = {
  head: { sequence: 0, hash: genesis },
  forgotten: [],
  deleted: [],
  pending: [],
};

/** The anchor with these links as its end. */
export const appended = (anchor: Anchor, links: readonly Pending[]): Anchor => {
  const last = links.at(-1);
  if (last === undefined) return anchor;
  const { sequence, hash } = last.seal;
  return { ...anchor, head: { sequence, hash, name: last.name }, pending: links };
};

/** The anchor that no longer expects these seals: their Remediation goes. Doing it twice is doing it once. */
export function forgetting(anchor: Anchor, seals: readonly Seal[]): Anchor {
  const known = (sequence: number): boolean =>
    anchor.forgotten.some(({ from, to }) => from <= sequence && sequence <= to);
  const gone = seals
    .filter(({ sequence }) => sequence <= anchor.head.sequence && !known(sequence))
    .map(({ sequence, previousHash, hash }): Run => ({ from: sequence, to: sequence, previousHash, hash }));
  const runs = [...anchor.forgotten, ...gone].toSorted((a, b) => a.from - b.from);
  const sequences = new Set(seals.map(({ sequence }) => sequence));
  const pending = anchor.pending.filter(({ seal }) => !sequences.has(seal.sequence));
  return { ...anchor, pending, forgotten: runs.reduce(joined, []) };
}

function joined(runs: Run[], next: Run): Run[] {
  const last = runs.at(-1);
  if (last?.to !== next.from - 1 || last.hash !== next.previousHash) return [...runs, next];
  return [...runs.slice(0, -1), { ...last, to: next.to, hash: next.hash }];
}

/** The anchor that tells of a deletion. */
export const telling = (anchor: Anchor, deletion: Deletion): Anchor => ({
  ...anchor,
  deleted: [...anchor.deleted, deletion].slice(-mostDeletions),
});

/** The anchor of a namespace that is no more: all its Remediations went with it. */
export const closed = (anchor: Anchor): Anchor => ({
  ...anchor,
  pending: [],
  forgotten:
    anchor.head.sequence === 0
      ? []
      : [{ from: 1, to: anchor.head.sequence, previousHash: genesis, hash: anchor.head.hash }],
});

/** The links that a Remediation has or will have: those that stand in it, and those that are still to be written. */
export const linksOf = (anchor: Anchor, { metadata, status }: Remediation): Seal[] => {
  const standing = status?.seals ?? [];
  const pending = anchor.pending.filter(({ uid, seal }) => uid === metadata.uid && !hasLink(standing, seal));
  return [...standing, ...pending.map(({ seal }) => seal)];
};

/** Whether a link stands among these seals. */
export const hasLink = (seals: readonly Seal[], { sequence, hash }: Seal): boolean =>
  seals.some((seal) => seal.sequence === sequence && seal.hash === hash);

export const printAnchor = (anchor: Anchor): string => JSON.stringify(anchor);

/** Throws a sentence when the text is no anchor. */
export function parseAnchor(text: string): Anchor {
  const value: unknown = JSON.parse(text);
  if (!isAnchor(value)) throw new Error('it has no head, forgotten, deleted and pending');
  return value;
}

function isAnchor(value: unknown): value is Anchor {
  if (typeof value !== 'object' || value === null) return false;
  if (!('head' in value && 'forgotten' in value && 'deleted' in value && 'pending' in value)) return false;
  const { head, forgotten, deleted, pending } = value;
  if (typeof head !== 'object' || head === null || !('sequence' in head && 'hash' in head)) return false;
  if (typeof head.sequence !== 'number' || typeof head.hash !== 'string') return false;
  return [forgotten, deleted, pending].every((list) => Array.isArray(list));
}
