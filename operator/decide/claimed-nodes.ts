/**
 * How many nodes that are healthy yet are claimed, and may be gone in a moment. Of thousands of claims that would be a walk
 * for each decision; so it is kept, and brought up to date by what has changed of claims and of nodes.
 */
import type { Remediation } from '../../crds/remediation.ts';
import { hasBegun, identityOf } from './budget.ts';
import type { ClusterFacts } from './decision.ts';
import { scope, type Ledger } from './ledger.ts';

export class ClaimedNodes {
  readonly #ledger: Ledger;
  readonly #cluster: ClusterFacts;
  readonly #among: ReadonlySet<string> | undefined;
  readonly #touched = new Set<string>();
  /** Of these, those that are claimed only by what has not begun. */
  readonly #reserved = new Set<string>();
  #seen: { readonly claims: number; readonly nodes: number } | undefined;

  /** Of the nodes of these names, or of all. */
  constructor(ledger: Ledger, cluster: ClusterFacts, among?: ReadonlySet<string>) {
    this.#ledger = ledger;
    this.#cluster = cluster;
    this.#among = among;
  }

  /** Whether it is about this cluster. */
  isOf(cluster: ClusterFacts): boolean {
    return this.#cluster === cluster;
  }

  /** How many healthy nodes are claimed or `own`, and how many of them only by others that have not begun. */
  count(own: readonly string[]): { readonly touched: number; readonly reserved: number } {
    this.#update();
    const more = own.filter((name) => !this.#touched.has(name) && this.#counts(name)).length;
    const reserved = own.filter((name) => this.#reserved.has(name)).length;
    return { touched: this.#touched.size + more, reserved: this.#reserved.size - reserved };
  }

  /** The claims of others than `self` by which nodes are counted that are not `own` and that nobody works on. */
  rivals(self: Remediation, own: readonly string[]): Remediation[] {
    this.#update();
    const rivals = new Map<string, Remediation>();
    for (const name of this.#reserved)
      if (!own.includes(name))
        for (const claim of this.#ledger.group(scope.node(name)).others(self)) rivals.set(identityOf(claim), claim);
    return [...rivals.values()];
  }

  #update(): void {
    const { nodeChanges: claims } = this.#ledger;
    const { changes: nodes } = this.#cluster;
    const changed = this.#seen && claims.since(this.#seen.claims);
    const moved = this.#seen && nodes?.since(this.#seen.nodes);
    if (changed === undefined || moved === undefined) this.#countAnew();
    else for (const name of new Set([...changed, ...moved])) this.#look(name);
    this.#seen = { claims: claims.length, nodes: nodes?.length ?? 0 };
  }

  #countAnew(): void {
    this.#touched.clear();
    this.#reserved.clear();
    for (const name of this.#ledger.claimedNodes()) this.#look(name);
  }

  #look(name: string): void {
    const { claims } = this.#ledger.group(scope.node(name));
    const counts = claims.size > 0 && this.#counts(name);
    set(this.#touched, name, counts);
    set(this.#reserved, name, counts && ![...claims.values()].some(hasBegun));
  }

  #counts(name: string): boolean {
    return this.#cluster.node(name)?.healthy === true && (this.#among === undefined || this.#among.has(name));
  }
}

function set(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}

const known = new WeakMap<Ledger, WeakMap<object, ClaimedNodes>>();

/** Those of a ledger, kept as long as it is and as long as the nodes are the same set. */
export function claimedNodes(ledger: Ledger, cluster: ClusterFacts, among?: ReadonlySet<string>): ClaimedNodes {
  let ofLedger = known.get(ledger);
  if (ofLedger === undefined) known.set(ledger, (ofLedger = new WeakMap()));
  const kept = ofLedger.get(among ?? cluster);
  if (kept?.isOf(cluster) === true) return kept;
  const made = new ClaimedNodes(ledger, cluster, among);
  ofLedger.set(among ?? cluster, made);
  return made;
}
