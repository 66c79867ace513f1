/**
 * The Lease of a node, as the medik8s operators (NodeHealthCheck, Node Maintenance and others) share it: whoever works on
 * a node holds `medik8s-leases/node-<name>`, and the others wait. Ours is held in the name of the Remediation.
 */
import type { Remediation } from '../../crds/remediation.ts';
import type { WriteRequest } from '../actions/action.ts';
import { valueAt } from '../actions/json.ts';
import { answerTo, type Answer, type Live, type Read } from '../actions/live.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { nodesOf } from './ledger.ts';
import { parseTime } from './time.ts';

export const leaseNamespace = 'medik8s-leases';

const Lease: Resource = Object.freeze({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
});

/** What the operator must be allowed to do in that namespace, and in no other. */
export const leaseVerbs = ['get', 'create', 'patch', 'delete'] as const;

/** So long a Lease of ours lasts when we are gone; renewed when half of that is over. */
export const leaseSeconds = 600;
/** Another's Lease counts so much longer: their clock is not ours. */
const skewMs = 30_000;
const fieldManager = 'homeostat';

/** The Lease of one node as it was read. */
export interface NodeLease {
  readonly node: string;
  readonly answer: Answer;
}

/** Whose a Lease is. */
export type Holding =
  | { readonly is: 'Free' | 'Unknown'; readonly message: string }
  | { readonly is: 'Ours' | 'Others'; readonly message: string; readonly untilMs: number };

export const leaseRead = (node: string): Read => ({ resource: Lease, namespace: leaseNamespace, name: `node-${node}` });

/** The Leases of the nodes that the steps are about. */
export const leasesOf = (remediation: Remediation, live: Live): NodeLease[] =>
  nodesOf(remediation).map((node) => ({ node, answer: answerTo(live, leaseRead(node)) }));

/** Who we are in a Lease. */
export const holderOf = ({ metadata }: Remediation): string => `homeostat/${metadata.namespace}/${metadata.name}`;

/** Whose it is now. One without a time or a duration holds nothing, as it is with medik8s. */
export function holding({ node, answer }: NodeLease, holder: string, nowMs: number): Holding {
  const name = `Lease ${leaseNamespace}/node-${node}`;
  if (answer.is === 'Absent') return { is: 'Free', message: `nobody holds ${name}` };
  if (answer.is !== 'Found') {
    const why = answer.is === 'Unreadable' ? answer.message : 'it was not read';
    return { is: 'Unknown', message: `who holds ${name} cannot be told: ${why}` };
  }
  const by = textAt(answer.object, '/spec/holderIdentity');
  const renewedMs = parseTime(textAt(answer.object, '/spec/renewTime'));
  const seconds = Number(valueAt(answer.object, '/spec/leaseDurationSeconds') ?? 0);
  if (by === '' || renewedMs === undefined || !(seconds > 0)) return { is: 'Free', message: `nobody holds ${name}` };
  const untilMs = renewedMs + seconds * 1000;
  if (by === holder) return { is: 'Ours', message: `${name} is ours`, untilMs };
  return nowMs < untilMs + skewMs
    ? { is: 'Others', message: `${by} holds ${name} and works on the node`, untilMs: untilMs + skewMs }
    : { is: 'Free', message: `${by} held ${name}, and has let it run out` };
}

const textAt = (object: KubeObject, path: string): string => {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : '';
};

/** Six digits after the second, no more and no less, are what a Lease takes. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** Takes a Lease that is free, or renews ours; refused when anybody has touched it since it was read. */
export function taking(
  { node, answer }: NodeLease,
  nodeUid: string | undefined,
  holder: string,
  nowMs: number,
): WriteRequest {
  const now = microTime(nowMs);
  const name = `node-${node}`;
  const lease = { resource: Lease, namespace: leaseNamespace, name, fieldManager } as const;
  if (answer.is !== 'Found') {
    const owner = nodeUid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: node, uid: nodeUid }];
    const object: KubeObject & { spec: object } = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: leaseNamespace, ownerReferences: owner },
      spec: { holderIdentity: holder, leaseDurationSeconds: leaseSeconds, acquireTime: now, renewTime: now },
    };
    return { verb: 'create', ...lease, object };
  }
  const { uid, resourceVersion } = answer.object.metadata;
  const isOurs = valueAt(answer.object, '/spec/holderIdentity') === holder;
  const transitions = Number(valueAt(answer.object, '/spec/leaseTransitions') ?? 0);
  const taken = { holderIdentity: holder, acquireTime: now, leaseTransitions: transitions + 1 };
  const body = {
    metadata: { uid, resourceVersion },
    spec: { leaseDurationSeconds: leaseSeconds, renewTime: now, ...(isOurs ? {} : taken) },
  };
  return { verb: 'patch', ...lease, patch: { type: 'merge', body } };
}

/** Gives back a Lease of ours. */
export const givingBack = (node: string, { metadata }: KubeObject): WriteRequest => ({
  verb: 'delete',
  resource: Lease,
  namespace: leaseNamespace,
  name: `node-${node}`,
  uid: metadata.uid ?? '',
});
