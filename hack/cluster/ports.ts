import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { ClusterError } from './failure.ts';

/** Every port a cluster listens on, all on this machine. */
export const PORT_NAMES = ['apiserver', 'etcd', 'etcdPeer', 'nats', 'natsMonitor', 'kwok'] as const;
export type PortName = (typeof PORT_NAMES)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** Asked first, so that the usual cluster has the usual numbers. */
const USUAL: Ports = { apiserver: 6443, etcd: 2379, etcdPeer: 2380, nats: 4222, natsMonitor: 8222, kwok: 10247 };

/** Whether a port can be listened on. */
export type IsFree = (port: number) => Promise<boolean>;

/**
 * A port for each name: the one of last time where it is still free, else the usual one, else any other that is free.
 * `reserved` are those of other clusters, which may be stopped at the moment.
 */
export async function pickPorts(
  previous: Partial<Ports>,
  reserved: ReadonlySet<number>,
  isFree: IsFree = isFreeOnThisMachine,
  anyFree: () => Promise<number> = anyFreePort,
): Promise<Ports> {
  const used = new Set(reserved);
  const pick = async (name: PortName): Promise<number> => {
    for (const port of [previous[name], USUAL[name]]) {
      if (port !== undefined && !used.has(port) && (await isFree(port))) return port;
    }
    for (let attempt = 0; attempt < 50; attempt++) {
      const port = await anyFree();
      if (!used.has(port)) return port;
    }
    throw new ClusterError(`no free port found for ${name}`);
  };
  const ports: Partial<Record<PortName, number>> = {};
  for (const name of PORT_NAMES) {
    const port = await pick(name);
    used.add(port);
    ports[name] = port;
  }
  return ports as Ports;
}

/** Listening on all addresses fails when any of them is taken. */
function isFreeOnThisMachine(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * None of those that the system gives to outgoing connections (from 32768 on): one of them could have it before it is
 * listened on. Nor a node port.
 */
async function anyFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isFreeOnThisMachine(port)) return port;
  }
}
