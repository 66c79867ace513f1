import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveCluster } from './resolve-cluster.ts';

describe('resolveCluster', () => {
  let home = '';
  before(() => (home = mkdtempSync(join(tmpdir(), 'resolve-'))));
  after(() => rmSync(home, { recursive: true }));

  it('is the cluster that KUBECONFIG and HOMEOSTAT_NATS_URL name', () => {
    const cluster = resolveCluster({ HOME: home, KUBECONFIG: '/k', HOMEOSTAT_NATS_URL: 'nats://n:4222' });
    expect(cluster).to.include({
      name: 'external',
      kubeconfig: '/k',
      natsUrl: 'nats://n:4222',
      natsUrlFromPods: 'nats://n:4222',
    });
    expect(cluster.directory).to.equal(undefined);
    expect(cluster.bin('kubectl')).to.equal('kubectl');
  });

  it('knows that pods may reach NATS by another address', () => {
    const env = {
      HOME: home,
      KUBECONFIG: '/k',
      HOMEOSTAT_NATS_URL: 'nats://a:1',
      HOMEOSTAT_NATS_URL_FROM_PODS: 'nats://b:2',
    };
    expect(resolveCluster(env).natsUrlFromPods).to.equal('nats://b:2');
  });

  it('says what is missing', () => {
    expect(() => resolveCluster({ HOME: home, KUBECONFIG: '/k' })).to.throw(/HOMEOSTAT_NATS_URL is not: set it to/);
    expect(() => resolveCluster({ HOME: home })).to.throw(/^cluster dev does not run: run "make cluster-up"/);
    expect(() => resolveCluster({ HOME: home, HOMEOSTAT_CLUSTER: 'ci' })).to.throw(/^cluster ci does not run/);
  });
});
