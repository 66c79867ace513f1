/** Walks the chains, and finds what was changed, removed or put elsewhere since it was sealed. */
import type { Remediation, Seal } from '../../crds/remediation.ts';
import { hasLink, linksOf, parseAnchor, type Anchor } from './anchor.ts';
import { canonical, type Digest } from './canonical.ts';
import { factsOf, isFinished, mayChange, recordOf } from './contents.ts';
import { genesis, hashOf, mostSeals, needsSeal, sealedFacts } from './seal.ts';

/** Something that is not as it was sealed. */
export interface Problem {
  /**
   * `Changed`: a Remediation says something else than was sealed. `Removed`: the Remediation of a link is gone, and not by
   * retention. `Reordered`: a link does not follow the one before it. `Anchor`: the anchor is gone, not to be read, or
   * behind its chain.
   */
  readonly kind: 'Changed' | 'Removed' | 'Reordered' | 'Anchor';
  readonly namespace: string;
  /** The place in the chain; 0 when it is about the anchor. */
  readonly sequence: number;
  /** The Remediation, as far as it is known. */
  readonly name?: string | undefined;
  readonly message: string;
}

/** What was found in one chain. */
export interface ChainReport {
  readonly namespace: string;
  /** Links, from 1 on. */
  readonly links: number;
  /** Of these, links of Remediations that retention, deletion or the end of the namespace has let go. */
  readonly forgotten: number;
  /** The hash of the last link: kept elsewhere, it shows when a whole chain was made anew. */
  readonly hash: string;
  /** Remediations that have ended, or facts of them, that are not sealed yet: their names. */
  readonly unsealed: readonly string[];
  /** In the order of the chain: the first is the first bad one. */
  readonly problems: readonly Problem[];
}

interface Link {
  readonly remediation: Remediation;
  readonly seal: Seal;
}

/**
 * Verifies the chain of every namespace that has Remediations or an anchor.
 *
 * @param remediations every Remediation of these namespaces, as the API server has them
 * @param anchors the data of the ConfigMap `homeostat-audit` of the operator's namespace; undefined: it is not there
 */
export function verify(
  remediations: readonly Remediation[],
  anchors: Readonly<Record<string, string>> | undefined,
  digest: Digest,
): ChainReport[] {
  const byNamespace = Map.groupBy(remediations, ({ metadata }) => metadata.namespace ?? '');
  const namespaces = new Set([...byNamespace.keys(), ...Object.keys(anchors ?? {})]);
  return [...namespaces]
    .toSorted()
    .map((namespace) => verifyChain(namespace, byNamespace.get(namespace) ?? [], anchors?.[namespace], digest));
}

/** Verifies one chain. */
export function verifyChain(
  namespace: string,
  remediations: readonly Remediation[],
  anchorText: string | undefined,
  digest: Digest,
): ChainReport {
  const sealed = remediations.some(({ status }) => (status?.seals ?? []).length > 0);
  const anchor = readAnchor(anchorText);
  const problems: Problem[] = [];
  const report = (kind: Problem['kind'], sequence: number, name: string | undefined, message: string): void =>
    void problems.push({ kind, namespace, sequence, name, message });
  if (typeof anchor === 'string' && (sealed || anchorText !== undefined)) report('Anchor', 0, undefined, anchor);
  const links = remediations.flatMap((remediation) => {
    const all = typeof anchor === 'string' ? (remediation.status?.seals ?? []) : linksOf(anchor, remediation);
    return all.map((seal): Link => ({ remediation, seal }));
  });
  for (const { remediation, seal } of links) {
    const said = contradiction(remediation, seal, digest);
    if (said !== undefined) report('Changed', seal.sequence, remediation.metadata.name, said);
  }
  const end = walk(links, typeof anchor === 'string' ? undefined : anchor, report);
  return {
    namespace,
    links: end.sequence,
    forgotten: typeof anchor === 'string' ? 0 : anchor.forgotten.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    hash: end.hash,
    unsealed: remediations
      .filter((remediation) => needsSeal(remediation) || isPending(anchor, remediation))
      .map(({ metadata }) => metadata.name),
    problems: problems.toSorted((a, b) => a.sequence - b.sequence),
  };
}

function readAnchor(text: string | undefined): Anchor | string {
  if (text === undefined) return 'its anchor is gone: that nothing was removed at its end cannot be told';
  try {
    return parseAnchor(text);
  } catch (error) {
    return `its anchor cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const isPending = (anchor: Anchor | string, { metadata, status }: Remediation): boolean =>
  typeof anchor !== 'string' &&
  anchor.pending.some(({ uid, seal }) => uid === metadata.uid && !hasLink(status?.seals ?? [], seal));

/** What a Remediation says against one of its seals; undefined when nothing. */
function contradiction(remediation: Remediation, seal: Seal, digest: Digest): string | undefined {
  const { seals = [], hash, previousHash } = remediation.status ?? {};
  if (hashOf(remediation, seal, digest) !== seal.hash) return 'its seal was changed, or is that of another one';
  if (!isFinished(remediation)) return 'it was sealed at its end, and says that it has not ended';
  if (digest(canonical(recordOf(remediation))) !== seal.record) return 'it is not what was sealed at its end';
  const now = new Map(factsOf(remediation).map(({ name, text }) => [name, text]));
  for (const [name, text] of sealedFacts([seal]))
    if (!mayChange({ name, text }) && now.get(name) !== text)
      return `${name}: "${text}" was sealed, it says "${now.get(name) ?? 'nothing'}" now`;
  const last = seals.at(-1);
  if (last === seal && (hash !== seal.hash || previousHash !== seal.previousHash))
    return 'status.hash and status.previousHash are not those of its newest seal';
  if (seals.length > mostSeals) return `it has more than ${mostSeals} seals`;
  return undefined;
}

type Report = (kind: Problem['kind'], sequence: number, name: string | undefined, message: string) => void;

/** A link, or a run of links that were forgotten by right. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly name?: string | undefined;
  readonly previousName?: string | undefined;
}

/** Goes along the chain: each piece must stand behind the hash of the one before it, without a gap, up to the end. */
function walk(links: readonly Link[], anchor: Anchor | undefined, report: Report): { sequence: number; hash: string } {
  const all: Piece[] = [...(anchor?.forgotten ?? []), ...links.map(pieceOf)];
  const pieces = all.toSorted((a, b) => a.from - b.from || b.to - a.to);
  // Without an anchor it begins wherever the first link is: what came before may have been forgotten by right.
  const [first] = anchor === undefined ? pieces : [];
  let [sequence, hash] = first === undefined ? [0, genesis] : [first.from - 1, first.previousHash];
  let before: Piece | undefined;
  for (const piece of pieces) {
    if (piece.from <= sequence) {
      if (before !== undefined && piece.to === before.to && piece.hash !== before.hash)
        report('Reordered', piece.from, piece.name, `${before.name ?? 'another one'} has the same place in the chain`);
      continue;
    }
    if (piece.from > sequence + 1)
      report('Removed', sequence + 1, ...gap(sequence + 1, piece.from - 1, piece.previousName));
    else if (piece.previousHash !== hash)
      report('Reordered', piece.from, piece.name, 'it does not follow the link before it');
    [sequence, hash, before] = [piece.to, piece.hash, piece];
  }
  if (anchor === undefined) return { sequence, hash };
  const { head } = anchor;
  if (sequence < head.sequence) report('Removed', sequence + 1, ...gap(sequence + 1, head.sequence, head.name));
  else if (sequence > head.sequence)
    report('Anchor', head.sequence + 1, before?.name, 'it is beyond the end of the chain: the anchor was set back');
  else if (hash !== head.hash)
    report('Anchor', sequence, before?.name, 'it is not the last link that the anchor holds');
  return head;
}

const pieceOf = ({ remediation, seal: { sequence, previousHash, hash, previousName } }: Link): Piece => ({
  from: sequence,
  to: sequence,
  previousHash,
  hash,
  name: remediation.metadata.name,
  previousName,
});

/** Links that are not there; of several, only the last is known by name: by the link after it. */
function gap(from: number, to: number, last: string | undefined): [name: string | undefined, message: string] {
  if (from === to) return [last, 'it was removed, and not by retention'];
  const named = last === undefined ? '' : `; the last of them was ${last}`;
  return [undefined, `links ${from} to ${to} were removed, and not by retention${named}`];
}
