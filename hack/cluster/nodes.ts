import { join } from 'node:path';
import type { Api } from './api.ts';
import { ClusterError } from './failure.ts';
import { network } from './network.ts';
import { isReady, nodeDaemon, nodeName, startNode, stopNode, type RealNode } from './node/node.ts';
import { logsOf } from './node/logs.ts';
import { waitUntil } from './process/wait.ts';
import type { ClusterRecord } from './record.ts';

const READY_TIMEOUT_MS = 120_000;

/** The real node of that number (from 1) of a cluster. */
export function realNode({ directory, state }: ClusterRecord, number: number): RealNode {
  const { name, index, libraries, images } = state;
  return { number, cluster: name, directory, net: network(index), libraries, images: [images, ownImages(directory)] };
}

/** Where a cluster keeps the archives of images that were made for it alone. */
export const ownImages = (directory: string): string => join(directory, 'images');

/** Starts the nodes that do not run and waits until all of them have reported Ready. */
export async function startRealNodes(record: ClusterRecord, nodes: readonly RealNode[], api: Api): Promise<void> {
  const since = new Date();
  const missing = nodes.filter((node) => record.alive(nodeName(node.number)) === undefined);
  await Promise.all(
    missing.map(async (node) => startNode(node, (identity) => record.started(nodeName(node.number), identity))),
  );
  await Promise.all(missing.map((node) => untilNodeReady(record, node, api, since)));
}

async function untilNodeReady(record: ClusterRecord, node: RealNode, api: Api, since: Date): Promise<void> {
  const name = nodeName(node.number);
  const outcome = await waitUntil(async () => {
    if (record.alive(name) === undefined) return 'ended';
    return (await isReady(api, name, since)) ? 'ready' : undefined;
  }, READY_TIMEOUT_MS);
  if (outcome === 'ready') return;
  const what = outcome === 'ended' ? 'ended at once' : `was not Ready after ${READY_TIMEOUT_MS / 1000} s`;
  throw new ClusterError(`${name} ${what}; its logs are beside ${nodeDaemon(node).log}`, logsOf(node));
}

/** Ends a real node; `forget` also removes it from the API. */
export async function stopRealNode(record: ClusterRecord, node: RealNode): Promise<void> {
  const name = nodeName(node.number);
  await stopNode(node, record.alive(name));
  record.ended(name);
}
