/**
 * What the limits count, told once for each snapshot and not once for each question: a thousand Remediations that wait
 * ask the same. Those that neither hold a claim nor have ever begun, which in a storm are most, cost one look; and a
 * snapshot that follows another (`follow`) costs one look at what is different.
 */
import type { Remediation } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { Target } from '../actions/action.ts';
import { actionOf } from '../actions/registry.ts';
import { isRead } from '../actions/subjects.ts';
import { ChangeLog } from './change-log.ts';
import { claimOf, hasBegun, holdsClaim, identityOf } from './budget.ts';
import { finishedMs, startedMs } from './chain.ts';
import { Group, type End, type Member } from './group.ts';
import { reasons } from './reasons.ts';

const nodePrefix = 'node ';

/** The keys of what is counted together. */
export const scope = {
  /** Everything, or everything of one kind of target. */
  all: (kind?: Target['kind']): string => (kind === undefined ? 'all' : `all ${kind}`),
  namespace: (name: string, kind?: Target['kind']): string =>
    `namespace ${name}${kind === undefined ? '' : ` ${kind}`}`,
  plan: (namespace: string | undefined, name: string): string => `plan ${namespace}/${name}`,
  target: ({ kind, uid, container }: Target): string => `target ${kind}/${uid}/${container ?? ''}`,
  workload: (uid: string): string => `workload ${uid}`,
  /** Those whose steps are about a node. */
  node: (name: string): string => `${nodePrefix}${name}`,
  /** Those of a scope in one domain, such as `zone=a`, or (without a value) in any domain of that key. */
  domain: (of: string, guard: string, domain: string): string => `${of} ${guard} ${domain}`,
} as const;

/** A Remediation as it was counted. */
interface Entry {
  readonly groups: readonly { readonly of: string; readonly member: Member }[];
  /** Under which of what has begun it is found. */
  readonly begun: readonly string[];
}

/** A Remediation in two snapshots; absent where it is not in one of them. */
export interface Difference {
  readonly before?: Remediation | undefined;
  readonly now?: Remediation | undefined;
}

export class Ledger {
  readonly #groups = new Map<string, Group>();
  /** Those that have ever begun, by target, and by what may take a pod's place. */
  readonly #begun = new Map<string, Map<string, Remediation>>();
  readonly #entries = new Map<string, Entry>();
  /** The nodes whose claims have changed. */
  readonly nodeChanges = new ChangeLog();

  constructor(snapshot: readonly Remediation[]) {
    for (const now of snapshot) this.change({ now });
  }

  /** The group of a scope; an empty one when there is nothing in it. */
  group(of: string): Group {
    return this.#groups.get(of) ?? empty;
  }

  /** Those that have ever begun for this target or for one that it may have taken the place of. */
  related(target: Target): readonly Remediation[] {
    const own = this.#begun.get(scope.target(target)) ?? none;
    const kin = kinKey(target);
    const others = kin === undefined ? none : (this.#begun.get(kin) ?? none);
    return [...new Map([...own, ...others]).values()];
  }

  /** Those that ended because GitOps puts back what they change. */
  reverted(): readonly Remediation[] {
    return [...(this.#begun.get(revertedKey) ?? none).values()];
  }

  /** The nodes that are claimed. */
  *claimedNodes(): Iterable<string> {
    for (const of of this.#groups.keys()) if (of.startsWith(nodePrefix)) yield of.slice(nodePrefix.length);
  }

  /** Counts one as it is now, and no more as it was. */
  change({ before, now }: Difference): void {
    if (before !== undefined) this.#leave(identityOf(before));
    if (now !== undefined) this.#enter(now);
  }

  #enter(remediation: Remediation): void {
    const entry = entryOf(remediation);
    if (entry === undefined) return;
    const identity = identityOf(remediation);
    this.#entries.set(identity, entry);
    for (const { of, member } of entry.groups) {
      let group = this.#groups.get(of);
      if (group === undefined) this.#groups.set(of, (group = new Group()));
      group.enter(identity, member);
      this.#noteNode(of);
    }
    for (const key of entry.begun) {
      const known = this.#begun.get(key);
      if (known === undefined) this.#begun.set(key, new Map([[identity, remediation]]));
      else known.set(identity, remediation);
    }
  }

  #noteNode(of: string): void {
    if (of.startsWith(nodePrefix)) this.nodeChanges.note(of.slice(nodePrefix.length));
  }

  #leave(identity: string): void {
    const entry = this.#entries.get(identity);
    if (entry === undefined) return;
    this.#entries.delete(identity);
    for (const { of, member } of entry.groups) {
      const group = this.#groups.get(of);
      group?.leave(identity, member);
      if (group?.isEmpty === true) this.#groups.delete(of);
      this.#noteNode(of);
    }
    for (const key of entry.begun) {
      const known = this.#begun.get(key);
      known?.delete(identity);
      if (known?.size === 0) this.#begun.delete(key);
    }
  }
}

const revertedKey = 'reverted';

const endedReverted = ({ status }: Remediation): boolean =>
  status?.conditions?.some(({ type, reason }) => type === 'Succeeded' && reason === reasons.revertedByGitOps) === true;

const empty = new Group();
const none: ReadonlyMap<string, Remediation> = new Map();

/** Where a Remediation is counted; undefined when it neither holds a claim nor has ever begun. */
function entryOf(remediation: Remediation): Entry | undefined {
  const claim = holdsClaim(remediation) ? remediation : undefined;
  const began = startedMs(remediation);
  if (claim === undefined && began === undefined) return undefined;
  const { target, planRef } = remediation.spec;
  const { namespace = '' } = remediation.metadata;
  const counted = [scope.all(), scope.namespace(namespace)];
  const plan = scope.plan(namespace, planRef.name);
  const groups: Entry['groups'] = [
    ...counted.map((of) => ({ of, member: { claim, startedMs: began } })),
    { of: plan, member: { claim, startedMs: began, end: began === undefined ? undefined : endOf(remediation) } },
    ...claimScopes(claim, [...counted, plan]).map((of) => ({ of, member: { claim } })),
  ];
  if (began === undefined) return { groups, begun: [] };
  const reverted = endedReverted(remediation) ? revertedKey : undefined;
  return { groups, begun: [scope.target(target), kinKey(target), reverted].filter((key) => key !== undefined) };
}

/** Where a claim counts besides: each scope once. */
function claimScopes(claim: Remediation | undefined, counted: readonly string[]): string[] {
  if (claim === undefined) return [];
  const { target } = claim.spec;
  const { namespace = '' } = claim.metadata;
  const scopes = [
    scope.all(target.kind),
    scope.namespace(namespace, target.kind),
    scope.target(target),
    ...(target.workload === undefined ? [] : [scope.workload(target.workload.uid)]),
    ...nodesOf(claim).map(scope.node),
    ...domainScopes(claim, counted),
  ];
  return [...new Set(scopes)];
}

function endOf(remediation: Remediation): End | undefined {
  const outcome = outcomeOf(remediation);
  const ms = finishedMs(remediation);
  return outcome === undefined || ms === undefined ? undefined : { ms, helped: outcome === 'Helped' };
}

const ledgers = new WeakMap<readonly Remediation[], Ledger>();

/** The ledger of a snapshot, made once. The snapshot is never changed in place. */
export function ledgerOf(snapshot: readonly Remediation[]): Ledger {
  let ledger = ledgers.get(snapshot);
  if (ledger === undefined) ledgers.set(snapshot, (ledger = new Ledger(snapshot)));
  return ledger;
}

/**
 * Tells that one snapshot takes the place of another, and all in which it differs: its ledger is that of the other, brought
 * up to date. Whoever asks for the old one after that has it counted anew.
 */
export function follow(
  old: readonly Remediation[],
  snapshot: readonly Remediation[],
  differences: readonly Difference[],
): void {
  const ledger = ledgers.get(old);
  if (ledger === undefined || old === snapshot) return;
  ledgers.delete(old);
  for (const difference of differences) ledger.change(difference);
  ledgers.set(snapshot, ledger);
}

/**
 * Whether the snapshot is recent enough to show the own claim: this one, not an earlier one that was withdrawn since, after
 * which others may have claimed and begun. Claims of one Remediation are numbered: two within a second have the same time.
 */
export function showsClaim(self: Remediation, snapshot: readonly Remediation[]): boolean {
  const own = claimOf(self);
  const shown = ledgerOf(snapshot).group(scope.all()).claims.get(identityOf(self));
  return own !== undefined && shown !== undefined && claimOf(shown) === own;
}

/** The domains that a claim recorded with a guard (`status.guards`), and their keys. */
const domainScopes = ({ status }: Remediation, counted: readonly string[]): string[] =>
  (status?.guards ?? []).flatMap(({ name, domains = [] }) =>
    domains.flatMap((domain) =>
      counted.flatMap((of) => [scope.domain(of, name, domain), scope.domain(of, name, domain.split('=', 1)[0] ?? '')]),
    ),
  );

const nodeNames = new WeakMap<Remediation, readonly string[]>();

/** The nodes that the steps of a Remediation are about. */
export function nodesOf(remediation: Remediation): readonly string[] {
  const known = nodeNames.get(remediation);
  if (known !== undefined) return known;
  const { steps, target } = remediation.spec;
  const unique = [...new Set(steps.flatMap(({ action }) => nodeOfStep(action, target)))];
  nodeNames.set(remediation, unique);
  return unique;
}

function nodeOfStep(action: PlanStep['action'], target: Target): string[] {
  try {
    const subject = actionOf(action).subject(target);
    return isRead(subject) && subject.resource.kind === 'Node' && subject.name !== undefined ? [subject.name] : [];
  } catch (error) {
    // An action of a later version: its own Remediation is not carried out by us, and must not hold up others.
    if (!(error instanceof TypeError)) throw error;
    return target.node === undefined ? [] : [target.node];
  }
}

/** What a pod has in common with the pod that takes its place. */
function kinKey({ kind, container, workload }: Target): string | undefined {
  if (workload === undefined || (kind !== 'Pod' && kind !== 'Container')) return undefined;
  return `kin ${kind}/${workload.uid}/${container ?? ''}`;
}

/** Ends that say nothing about whether the plan helps: nothing is known, or it was people's wish. */
const saysNothing = new Set<string>([
  reasons.inconclusive,
  reasons.nothingToDo,
  reasons.denied,
  reasons.cancelled,
  reasons.undoRequested,
  reasons.deleted,
]);

/** Whether an attempt helped, as far as that is known; what people ended, or nothing is known of, says nothing. */
export function outcomeOf(remediation: Remediation): 'Helped' | 'Failed' | undefined {
  if (hasBegun(remediation)) return undefined;
  const succeeded = remediation.status?.conditions?.find(({ type }) => type === 'Succeeded');
  if (succeeded?.reason === reasons.recovered) return 'Helped';
  return succeeded?.status === 'False' && !saysNothing.has(succeeded.reason) ? 'Failed' : undefined;
}
