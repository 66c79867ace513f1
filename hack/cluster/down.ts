import { rmSync } from 'node:fs';
import { PARTS } from './control-plane.ts';
import { withLock } from './lock.ts';
import { MAX_NODES, network } from './network.ts';
import { removeBridge } from './node/link.ts';
import { nodeName } from './node/node.ts';
import { realNode, stopRealNode } from './nodes.ts';
import { stopPart } from './parts.ts';
import type { Environment } from './paths.ts';
import { silent, type Progress } from './progress.ts';
import { ClusterRecord } from './record.ts';
import { clusterDirectory } from './state.ts';

/** What {@link down} ends. */
export interface DownOptions {
  readonly name: string;
  readonly env?: Environment;
  /** Silent by default. */
  readonly progress?: Progress;
  /** Also forget the cluster's objects and the nodes' data. */
  readonly reset?: boolean;
}

/** Ends exactly what `up` started; a cluster itself will do as options. Returns false when there was no such cluster. */
export async function down({
  name,
  env = process.env,
  progress = silent,
  reset = false,
}: DownOptions): Promise<boolean> {
  const directory = clusterDirectory(name, env);
  const onWait = (holder: number): void => progress.note(`process ${holder} works on cluster ${name}; waiting for it`);
  return withLock(
    `${directory}.lock`,
    async () => {
      const record = ClusterRecord.open(directory);
      if (record !== undefined) await takeDown(record, progress);
      if (reset) rmSync(directory, { recursive: true, force: true });
      return record !== undefined;
    },
    onWait,
    60_000,
  );
}

async function takeDown(record: ClusterRecord, progress: Progress): Promise<void> {
  const nodes = Array.from({ length: MAX_NODES }, (_, index) => index + 1).filter(
    (number) => number <= record.state.nodes || nodeName(number) in record.state.running,
  );
  if (nodes.length > 0) {
    await progress.step('nodes', async () => {
      await Promise.all(nodes.map((number) => stopRealNode(record, realNode(record, number))));
    });
  }
  await progress.step('control plane', async () => {
    for (const name of PARTS.toReversed()) await stopPart(record, name);
    if (record.state.bridged) await removeBridge(network(record.state.index));
  });
}
