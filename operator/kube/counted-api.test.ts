import { expect } from 'chai';
import { Registry } from 'prom-client';
import { timeout } from '../testing/api-errors.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { deployment, node } from '../testing/fixtures.ts';
import { countedApi } from './counted-api.ts';
import { Deployment, Node } from './resources.ts';

describe('countedApi', () => {
  const arrange = () => {
    const server = new ApiServer({ clock: new FakeClock() });
    const registry = new Registry();
    server.seed(Node, node({ name: 'n1' }));
    server.seed(Deployment, deployment());
    const counts = async (): Promise<string[]> =>
      (await registry.metrics())
        .split('\n')
        .filter((line) => line.startsWith('homeostat_api_requests_total'))
        .map((line) => line.slice(line.indexOf('{')));
    return { server, api: countedApi(server, registry), counts };
  };

  it('counts each request once, by what was answered', async () => {
    const { server, api, counts } = arrange();
    await api.get(Node, { name: 'n1' });
    await api.get(Node, { name: 'n1' });
    await api.get(Node, { name: 'n2' }).catch(() => {});
    const web = { name: 'web', namespace: 'shop' };
    const patch = { type: 'merge', body: { spec: { replicas: 3 } } } as const;
    await api.as('alice').patch(Deployment, web, patch, { subresource: 'scale' });
    server.faults = () => ({ kind: 'error', error: timeout() });
    await api.list(Node).catch(() => {});
    expect(await counts()).to.have.members([
      '{verb="get",resource="nodes",code="200"} 2',
      '{verb="get",resource="nodes",code="404"} 1',
      '{verb="patch",resource="deployments/scale",code="200"} 1',
      `{verb="list",resource="nodes",code="${timeout().status}"} 1`,
    ]);
  });

  it('counts a watch when it opens, or is refused', async () => {
    const { server, api, counts } = arrange();
    const watch = async (): Promise<void> => {
      const abort = new AbortController();
      for await (const _ of api.watch(Node, { timeoutSeconds: 5, signal: abort.signal, resourceVersion: '0' }))
        abort.abort();
    };
    await watch();
    server.faults = () => ({ kind: 'error', error: timeout() });
    await watch().catch(() => {});
    expect(await counts()).to.have.members([
      '{verb="watch",resource="nodes",code="200"} 1',
      `{verb="watch",resource="nodes",code="${timeout().status}"} 1`,
    ]);
  });
});
