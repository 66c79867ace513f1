import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { ClusterError } from './failure.ts';
import { waitUntil } from './process/wait.ts';

/**
 * Runs `work` while holding the lock of that name, one for each name on this machine. When another process holds it,
 * says so once through `onWait` and waits up to `timeoutMs`.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel gives it to one process at a time and takes it
 * back when that process ends, however it ends. So nothing can go stale, and nothing has to be taken over.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  onWait: (holder: number) => void,
  timeoutMs: number,
): Promise<T> {
  const address = `\0homeostat-${createHash('sha256').update(name).digest('hex')}`;
  let said = false;
  const lock = await waitUntil(async () => {
    const taken = await take(address);
    if (taken === undefined && !said) {
      const holder = await holderOf(address);
      if (holder !== undefined) onWait(holder);
      said = holder !== undefined;
    }
    return taken;
  }, timeoutMs);
  if (lock === undefined) throw new ClusterError(`${name} is still held after ${timeoutMs / 1000} s`);
  // Before other handlers of the end of this process, which may have another process clean up.
  const giveBack = (): void => void lock.close();
  process.prependOnceListener('exit', giveBack);
  try {
    return await work();
  } finally {
    giveBack();
    process.off('exit', giveBack);
  }
}

/** Takes the lock; undefined when somebody has it. Whoever connects is told who that is. */
async function take(address: string): Promise<Server | undefined> {
  const server = createServer((asking) => {
    asking.on('error', () => {});
    asking.end(String(process.pid));
  });
  server.listen(address);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** The process that has the lock; undefined when it has just been given back. */
async function holderOf(address: string): Promise<number | undefined> {
  const socket = connect(address);
  try {
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return Number(answer.toString());
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
