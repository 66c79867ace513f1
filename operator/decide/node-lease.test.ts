import { expect } from 'chai';
import type { KubeObject } from '../kube/api.ts';
import { Lease, Remediation as Remediations } from '../kube/resources.ts';
import { Shell } from './harness.test.ts';
import { leaseNamespace } from './node-lease.ts';

interface LeaseObject extends KubeObject {
  spec: {
    holderIdentity: string;
    renewTime: string;
    acquireTime?: string;
    leaseDurationSeconds: number;
    leaseTransitions?: number;
  };
}

const key = { namespace: leaseNamespace, name: 'node-node-1' };
const ours = 'homeostat/homeostat-system/fix-1';

describe('the shared Lease of a node', () => {
  let shell: Shell;
  beforeEach(() => {
    shell = new Shell();
    shell.settings = { ...shell.settings, nodeLeases: true };
  });
  const found = () => shell.server.find<LeaseObject>(Lease, key);
  const writes = () =>
    shell.server.writes
      .filter(({ resource }) => resource.kind === 'Lease' || resource.kind === 'Node')
      .map(({ verb, resource }) => `${verb} ${resource.kind}`);
  const hold = (holderIdentity: string, agoMs: number, leaseDurationSeconds = 60) =>
    shell.server.seed<LeaseObject>(Lease, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: key,
      spec: { holderIdentity, leaseDurationSeconds, renewTime: new Date(shell.clock.now() - agoMs).toISOString() },
    });
  const blocked = () => shell.get().status?.conditions?.find(({ type }) => type === 'Blocked');

  it('is taken before the node is changed, and given back at the end', async () => {
    shell.create([{ cordon: {} }]);
    await shell.settle();
    expect(found()?.spec).to.include({ holderIdentity: ours, leaseDurationSeconds: 600 });
    expect(found()?.spec.renewTime).to.match(/\.\d{6}Z$/);
    expect(found()?.metadata.ownerReferences?.[0]).to.include({ kind: 'Node', name: 'node-1', uid: 'uid-node-1' });
    shell.judge('Clear');
    await shell.settle('fix-1', 120_000);
    expect(shell.get().status?.finishedTime).to.be.a('string');
    expect(found()).to.equal(undefined);
    expect(writes()).to.deep.equal(['create Lease', 'patch Node', 'delete Lease']);
  });

  it('is renewed while it goes on', async () => {
    shell.create([{ cordon: {} }], { verify: { stabilizationSeconds: 60, timeoutSeconds: 3600, onFailure: 'Undo' } });
    await shell.settle();
    const first = found()?.spec.renewTime ?? '';
    await shell.settle('fix-1', 301_000);
    expect(Date.parse(found()?.spec.renewTime ?? '')).to.be.at.least(Date.parse(first) + 300_000);
    expect(found()?.spec.acquireTime).to.equal(first);
  });

  it('of another operator is waited for', async () => {
    hold('nhc', 10_000);
    shell.create([{ cordon: {} }]);
    await shell.settle();
    expect(writes()).to.deep.equal([]);
    expect(blocked()?.reason).to.equal('NodeLeaseHeld');
    expect(blocked()?.message).to.contain('nhc holds Lease medik8s-leases/node-node-1');
    await shell.server.delete(Lease, key);
    await shell.settle('fix-1', 120_000);
    expect(writes().slice(-2)).to.deep.equal(['create Lease', 'patch Node']);
  });

  it('that has run out is taken over, as medik8s counts it', async () => {
    hold('nhc', 200_000);
    shell.create([{ cordon: {} }]);
    await shell.settle();
    expect(found()?.spec).to.include({ holderIdentity: ours, leaseTransitions: 1 });
    expect(writes()).to.deep.equal(['patch Lease', 'patch Node']);
  });

  it('that somebody takes in the same moment stays theirs', async () => {
    shell.create([{ cordon: {} }]);
    shell.interrupt = (decision, when) => {
      if (decision.do === 'Lease' && when === 'before' && found() === undefined) hold('nhc', 0);
    };
    await shell.settle();
    expect(found()?.spec.holderIdentity).to.equal('nhc');
    expect(writes()).not.to.include('patch Node');
    expect(blocked()?.reason).to.equal('NodeLeaseHeld');
  });

  it('holds no undo up', async () => {
    shell.create([{ cordon: {} }]);
    await shell.settle();
    hold('nhc', 0, 3600);
    await shell.server.patch(
      Remediations,
      { namespace: 'homeostat-system', name: 'fix-1' },
      { type: 'merge', body: { spec: { undoRequested: { by: 'alice', reason: 'not the cause' } } } },
    );
    await shell.settle();
    const undone = shell.get().status?.conditions?.find(({ type }) => type === 'Undone');
    expect(undone?.status).to.equal('True');
    expect(found()?.spec.holderIdentity).to.equal('nhc');
  });

  it('is asked about by nobody when leases are not shared', async () => {
    shell.settings = { ...shell.settings, nodeLeases: false };
    hold('nhc', 0);
    shell.create([{ cordon: {} }]);
    await shell.settle();
    expect(writes()).to.deep.equal(['patch Node']);
  });
});
