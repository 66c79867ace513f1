import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { KubeObject } from '../../kube/api.ts';
import { silentLogger } from '../../kube/logger.ts';
import { ConfigMap } from '../../kube/resources.ts';
import { ApiServer } from '../../testing/api-server.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { Context } from '../context.ts';
import { RevisionsController, revisionsName } from './controller.ts';
import { stableMs, StableRevisions, type RevisionKey } from './stable-revisions.ts';

describe('the record of revisions that were available', () => {
  const clock = new FakeClock();
  let server: ApiServer;
  /** Deployments and their ReplicaSets. */
  let workloads: Map<string, string[]>;
  beforeEach(() => {
    server = new ApiServer({ clock });
    workloads = new Map([['uid-web', ['uid-web-1', 'uid-web-2']]]);
  });

  const stored = (): unknown =>
    server.find<KubeObject & { data?: object }>(ConfigMap, { namespace: 'root', name: revisionsName })?.data;
  const start = (wanted: readonly string[] = ['uid-web'], isLeader = true) => {
    const revisions = new StableRevisions(clock);
    const seen = {
      stableOf: (uid: string): RevisionKey[] | undefined =>
        workloads.get(uid)?.flatMap((controller) => revisions.of(controller)),
      restoreStable: (key: RevisionKey) => revisions.restore(key),
    };
    const context = {
      api: server,
      clock,
      logger: silentLogger,
      registry: new Registry(),
      rootNamespace: 'root',
      isLeader: () => isLeader,
    } as unknown as Context;
    const controller = new RevisionsController(context, { workloads: () => new Set(wanted), seen: () => seen });
    return { revisions, reconcile: controller.reconcile };
  };
  const available = async (revisions: StableRevisions, ...uids: string[]): Promise<void> => {
    for (const uid of uids) revisions.podReady([uid, '']);
    await clock.advance(stableMs);
  };

  it('outlives a restart, also of one who is not asked about any workload yet', async () => {
    const first = start();
    await available(first.revisions, 'uid-web-1');
    await first.reconcile();
    expect(stored()).to.deep.equal({ 'uid-web': 'uid-web-1' });
    const second = start(['uid-api']);
    await second.reconcile();
    expect(second.revisions.has(['uid-web-1', ''])).to.equal(true);
    expect(stored()).to.deep.equal({ 'uid-web': 'uid-web-1' });
    await available(second.revisions, 'uid-web-2');
    await second.reconcile();
    expect(stored()).to.deep.equal({ 'uid-web': 'uid-web-1\nuid-web-2' });
  });

  it('is not written again when nothing is new, nor by one who does not lead', async () => {
    const first = start();
    await available(first.revisions, 'uid-web-1');
    const other = start(['uid-web'], false);
    await available(other.revisions, 'uid-web-2');
    for (const { reconcile } of [first, first, other]) await reconcile();
    expect(server.writes.map(({ verb }) => verb)).to.deep.equal(['create']);
    expect(other.revisions.has(['uid-web-1', ''])).to.equal(true);
  });

  it('forgets workloads that are gone, and keeps the hash of those that name their revisions', async () => {
    workloads.set('uid-db', ['uid-db']);
    const { revisions, reconcile } = start(['uid-web', 'uid-db']);
    revisions.restore(['uid-db', 'db-7f']);
    await available(revisions, 'uid-web-1');
    await reconcile();
    expect(stored()).to.deep.equal({ 'uid-web': 'uid-web-1', 'uid-db': 'uid-db db-7f' });
    workloads.delete('uid-web');
    await reconcile();
    expect(stored()).to.deep.equal({ 'uid-db': 'uid-db db-7f' });
    const other = start(['uid-db']);
    await other.reconcile();
    expect(other.revisions.has(['uid-db', 'db-7f'])).to.equal(true);
  });

  it('asks nothing where no plan rolls anything back', async () => {
    await start([]).reconcile();
    expect(server.requests).to.deep.equal([]);
  });
});
