import { shown, valueAt } from '../../actions/json.ts';
import type { RuleMaker } from '../rule.ts';
import { actingOf } from './acting.ts';

/** 2. Whoever shares the Leases of nodes changes a node only while it holds its Lease: by that Lease as it is stored. */
export const nodeLeases: RuleMaker = () => ({
  name: '2 leases of nodes',
  targetWrite: (write, history) => {
    const remediation = actingOf(write);
    const { replica, request } = write;
    if (remediation === undefined || !replica.sharesLeases || request.resource.kind !== 'Node') return undefined;
    const { namespace, name } = remediation.metadata;
    const lease = [...history.objects.values()].find(
      ({ kind, metadata }) => kind === 'Lease' && metadata.name === `node-${request.name}`,
    );
    const holder = valueAt(lease, '/spec/holderIdentity');
    return holder === `homeostat/${namespace}/${name}`
      ? undefined
      : `${name} acts on ${request.name}, and ${shown(holder)} holds its Lease`;
  },
});
