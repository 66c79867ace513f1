import { clusterApi, partContext } from './cluster.ts';
import { part, type PartName } from './control-plane.ts';
import { ClusterError } from './failure.ts';
import { releaseFakeNodes } from './fake.ts';
import { start, stop, untilReady } from './process/daemon.ts';
import type { ProcessIdentity } from './process/identity.ts';
import type { ClusterRecord } from './record.ts';

/** Starts a part unless it runs, and waits until it does its work. Returns false when there was nothing to do. */
export async function startPart(record: ClusterRecord, name: PartName): Promise<boolean> {
  if (record.alive(name) !== undefined) return false;
  if (name === 'kwok') await releaseFakeNodes(requireApi(record));
  const { daemon, ready, timeoutMs } = part(name, partContext(record.directory, record.state));
  const identity = start(daemon);
  record.started(name, identity);
  await untilReady(daemon, identity, () => ready(() => requireApi(record)), timeoutMs);
  return true;
}

/** Ends a part; politely (as {@link part} says), or at once with SIGKILL. */
export async function stopPart(record: ClusterRecord, name: PartName, how: 'stop' | 'kill' = 'stop'): Promise<void> {
  const identity = record.alive(name);
  if (identity !== undefined) await end(record, name, identity, how);
  record.ended(name);
}

async function end(
  record: ClusterRecord,
  name: PartName,
  identity: ProcessIdentity,
  how: 'stop' | 'kill',
): Promise<void> {
  const { stopSignal } = part(name, partContext(record.directory, record.state));
  await stop(identity, how === 'kill' ? 'SIGKILL' : stopSignal);
}

function requireApi(record: ClusterRecord): NonNullable<ReturnType<typeof clusterApi>> {
  const api = clusterApi(record.directory, record.state);
  if (api === undefined) throw new ClusterError(`no certificates in ${record.directory}; run "up"`);
  return api;
}
