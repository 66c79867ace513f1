import { expect } from 'chai';
import { Registry } from 'prom-client';
import { anchorsName } from '../../audit/anchor.ts';
import { ended } from '../../audit/fixtures.test.ts';
import { verify } from '../../audit/verify.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { KubeObject } from '../../kube/api.ts';
import { ConfigMap, Remediation as RemediationResource } from '../../kube/resources.ts';
import { Cluster, rootNamespace } from '../harness.test.ts';
import { Operator } from '../process.test.ts';
import { Auditor } from './auditor.ts';
import { AuditController } from './controller.ts';
import { sha256 } from './digest.ts';
import { auditMetrics } from './metrics.ts';
import type { NamespaceState } from './namespaces.ts';

describe('auditors', () => {
  let cluster: Cluster;
  beforeEach(() => (cluster = new Cluster()));
  afterEach(() => cluster.operator.die());

  /** One that knows only these, as when its watch lags behind. */
  const auditor = (...known: readonly string[]): Auditor => {
    const { context } = new Operator(cluster);
    const find = (name: string): Remediation | undefined =>
      cluster.server.find<Remediation>(RemediationResource, { namespace: 'shop', name });
    const remediations = {
      list: () => known.flatMap((name) => find(name) ?? []),
      get: (key: string) => known.map(find).find((each) => `shop/${each?.metadata.name}` === key),
      wrote: () => {},
      forget: () => {},
    };
    const kinds = { ...context.kinds, remediations } as unknown as typeof context.kinds;
    return new Auditor({ ...context, kinds }, auditMetrics(new Registry()));
  };
  const anchors = (): Record<string, string> | undefined =>
    cluster.server.find<KubeObject & { data?: Record<string, string> }>(ConfigMap, {
      namespace: rootNamespace,
      name: anchorsName,
    })?.data;
  const check = (): ReturnType<typeof verify>[number] =>
    verify(cluster.server.all<Remediation>(RemediationResource), anchors(), sha256)[0] ?? expect.fail('no chain');

  it('do not append behind the same link, though neither knows what the other seals', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) cluster.server.seed(RemediationResource, ended(name));
    // There is an anchor already: a first one cannot be created twice in any case.
    cluster.server.seed(RemediationResource, ended('0'));
    await auditor('0').seal('shop');
    const both = [auditor('a', 'b', 'c', 'd'), auditor('c', 'd', 'e', 'f')];
    let refused = 0;
    for (let round = 0; round < 4; round++) {
      const outcomes = await Promise.allSettled(both.map((each) => each.seal('shop')));
      refused += outcomes.filter(({ status }) => status === 'rejected').length;
      expect(check().problems).to.deep.equal([]);
      await cluster.clock.advance(1000);
    }
    // What is pending of the one, the other cannot deliver: it does not know of it.
    expect(refused).to.be.greaterThan(0);
    await auditor('0', ...names).seal('shop');
    expect(check()).to.deep.include({ problems: [], unsealed: [] });
  });

  it('append nothing to an anchor that they cannot read', async () => {
    cluster.server.seed(RemediationResource, ended('a'));
    const metadata = { namespace: rootNamespace, name: anchorsName };
    cluster.server.seed(ConfigMap, { metadata, data: { shop: 'broken' } } as KubeObject);
    const refused = await auditor('a')
      .seal('shop')
      .catch((error: Error) => error.message);
    expect(refused).to.be.a('string');
    expect(check().problems[0]?.kind).to.equal('Anchor');
  });

  it('seal many at once, in few writes', async () => {
    const names = Array.from({ length: 120 }, (_, i) => `r${String(i).padStart(3, '0')}`);
    for (const name of names) cluster.server.seed(RemediationResource, ended(name));
    const one = auditor(...names);
    let rounds = 1;
    while (await one.seal('shop')) rounds++;
    expect(rounds).to.equal(3);
    expect(check()).to.deep.include({ links: 120, problems: [], unsealed: [] });
  });

  it('close the chain of a namespace when it is gone, and not while it goes', async () => {
    for (const name of ['a', 'b']) cluster.server.seed(RemediationResource, ended(name));
    const one = auditor('a', 'b');
    await one.seal('shop');
    let state: NamespaceState = 'Ending';
    const { context } = new Operator(cluster);
    const controller = new AuditController(context, one, auditMetrics(new Registry()), { stateOf: () => state });
    await cluster.server.delete(RemediationResource, { namespace: 'shop', name: 'a' });
    expect(await controller.reconcile('shop')).to.have.property('requeueAfterMs');
    expect(check().problems).to.have.lengthOf(1);
    await cluster.server.delete(RemediationResource, { namespace: 'shop', name: 'b' });
    state = 'Gone';
    await controller.reconcile('shop');
    expect(check()).to.deep.include({ links: 2, forgotten: 2, problems: [] });
  });
});
