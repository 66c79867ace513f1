/** Chains for the tests of this room. No tests here. */
import { createHash } from 'node:crypto';
import type { Remediation, RemediationStatus } from '../../crds/remediation.ts';
import { appended, emptyAnchor, printAnchor, type Anchor, type Pending } from './anchor.ts';
import type { Digest } from './canonical.ts';
import { sealOf } from './seal.ts';

export const digest: Digest = (text) => createHash('sha256').update(text).digest('hex');
export const time = '2026-01-01T00:00:00Z';

/** A Remediation that set a label of a node and has ended. */
export function ended(name: string, more: Partial<RemediationStatus> = {}, namespace = 'shop'): Remediation {
  return {
    apiVersion: 'homeostat.dev/v1alpha1',
    kind: 'Remediation',
    metadata: { namespace, name, uid: `uid-${name}`, creationTimestamp: time },
    spec: {
      planRef: { name: 'fix', uid: 'uid-fix', generation: 1 },
      incidentRef: { name: 'trouble', uid: 'uid-trouble' },
      target: { kind: 'Node', name: 'node-1', uid: 'uid-node-1' },
      mode: 'Enforce',
      attempt: 1,
      steps: [{ name: 'fence', action: { cordon: {} }, timeoutSeconds: 60 }],
      verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
    },
    status: {
      startedTime: time,
      finishedTime: time,
      conditions: [
        { type: 'Succeeded', status: 'True', reason: 'Recovered', message: 'quiet', lastTransitionTime: time },
      ],
      steps: [
        {
          name: 'fence',
          state: 'Applied',
          changes: [
            {
              object: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'uid-node-1' },
              path: '/spec/unschedulable',
              to: 'true',
            },
          ],
        },
      ],
      ...more,
    },
  };
}

/** As the undo of its one change has come to its end. */
export const undone = (remediation: Remediation, state: 'Done' | 'Superseded' = 'Done'): Remediation => {
  const copy = structuredClone(remediation);
  for (const change of copy.status?.steps?.flatMap(({ changes = [] }) => changes) ?? []) change.undo = { state, time };
  return copy;
};

/** Seals these behind one another; the anchor as it is then, and the Remediations with their seals. */
export function chain(remediations: readonly Remediation[], from: Anchor = emptyAnchor): [Anchor, Remediation[]] {
  let { head } = from;
  const links: Pending[] = [];
  const sealed = remediations.map((remediation) => {
    const seal = sealOf(remediation, head, { time, digest });
    head = { sequence: seal.sequence, hash: seal.hash, name: remediation.metadata.name };
    links.push({ name: remediation.metadata.name, uid: remediation.metadata.uid ?? '', seal });
    const seals = [...(remediation.status?.seals ?? []), seal];
    const { hash, previousHash } = seal;
    return { ...remediation, status: { ...remediation.status, seals, hash, previousHash } };
  });
  return [appended(from, links), sealed];
}

/** The data of the ConfigMap with this one anchor. */
export const anchors = (anchor: Anchor): Record<string, string> => ({
  shop: printAnchor(anchor),
});
