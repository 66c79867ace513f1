import { createServer } from 'node:net';
import { expect } from 'chai';
import { pickPorts, PORT_NAMES } from './ports.ts';

describe('ports', () => {
  const all = async (): Promise<boolean> => true;
  const never = (): Promise<number> => Promise.reject(new Error('not asked'));

  it('are the usual ones when all are free', async () => {
    expect(await pickPorts({}, new Set(), all, never)).to.deep.equal({
      apiserver: 6443,
      etcd: 2379,
      etcdPeer: 2380,
      nats: 4222,
      natsMonitor: 8222,
      kwok: 10247,
    });
  });

  it('are those of last time where they are still free', async () => {
    const ports = await pickPorts(
      { apiserver: 40_001, nats: 40_002 },
      new Set(),
      async (port) => port !== 40_002,
      never,
    );
    expect(ports).to.include({ apiserver: 40_001, nats: 4222 });
  });

  it('are never those of another cluster, nor twice the same', async () => {
    let next = 50_000;
    const ports = await pickPorts(
      {},
      new Set([4222, 50_001]),
      async (port) => port !== 6443,
      async () => (next += 0.5) | 0,
    );
    expect(ports.nats).to.equal(50_002);
    expect(new Set(Object.values(ports)).size).to.equal(PORT_NAMES.length);
  });

  it('are really free', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const ports = await pickPorts({ nats: taken }, new Set());
      expect(ports.nats).not.to.equal(taken);
    } finally {
      server.close();
    }
  });
});
