/**
 * Where a Remediation counts for a limit per zone, rack or the like. A claim records it (`status.guards[].domains`), and
 * others count it there: so all count the same, whatever each of them believes of the labels of nodes just now.
 */
import type { Remediation } from '../../crds/remediation.ts';
import { describeTarget } from '../actions/subjects.ts';
import type { GuardContext } from './guard.ts';
import { reasons } from './reasons.ts';

/** `topology.kubernetes.io/zone=a`, or why it cannot be told. */
export function domainOf(
  { remediation, cluster }: GuardContext,
  key: string,
): { readonly domain: string } | { readonly problem: string } {
  const { target } = remediation.spec;
  const name = target.kind === 'Node' ? target.name : target.node;
  if (name === undefined) return { problem: `${describeTarget(target)} is on no node, so it is in no ${key}` };
  const node = cluster?.node(name);
  if (node === undefined) return { problem: `Node ${name} is not known, nor its label ${key}` };
  const value = node.labels[key];
  return value === undefined ? { problem: `Node ${name} has no label ${key}` } : { domain: `${key}=${value}` };
}

/** Why a claim must be given up: it was made for another place than that where the target is now. */
export function domainProblem({ status }: Remediation, guard: string, domain: string, key: string): string | undefined {
  const isClaimed = status?.conditions?.some(({ type, reason }) => type === 'Blocked' && reason === reasons.reserved);
  if (isClaimed !== true) return undefined;
  const recorded = status?.guards
    ?.find(({ name }) => name === guard)
    ?.domains?.filter((one) => one.startsWith(`${key}=`));
  if (recorded?.includes(domain)) return undefined;
  return `the place was claimed where ${recorded?.join(', ') || 'it was not recorded'}, and it is needed where ${domain}`;
}
