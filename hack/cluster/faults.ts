import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { clusterApi, type Cluster } from './cluster.ts';
import { isPartName, PARTS, type PartName } from './control-plane.ts';
import { ClusterError } from './failure.ts';
import { setFakeReady } from './fake.ts';
import { withLock } from './lock.ts';
import { setLink } from './node/link.ts';
import { nodeDirectory, nodeEnvironment, nodeName, type RealNode } from './node/node.ts';
import { initOf, programIn } from './node/processes.ts';
import { realNode } from './nodes.ts';
import { startPart, stopPart } from './parts.ts';
import { run } from './process/command.ts';
import { identify, signal, type ProcessIdentity } from './process/identity.ts';
import { waitUntil } from './process/wait.ts';
import { ClusterRecord } from './record.ts';

/** Programs that every real node keeps running. */
export const NODE_PROGRAMS = ['kubelet', 'containerd', 'kube-proxy'] as const;
export type NodeProgram = (typeof NODE_PROGRAMS)[number];

/** Something to break: a part of the control plane, or a program of a real node. */
export type Target = PartName | { readonly node: string; readonly program: NodeProgram };

const LOCK_TIMEOUT_MS = 60_000;

/** Reads `nats` or `node1 [containerd]`; the program of a node is its kubelet unless said otherwise. */
export function parseTarget(name: string, program: string = 'kubelet'): Target {
  if (isPartName(name)) return name;
  const known = NODE_PROGRAMS.find((candidate) => candidate === program);
  if (/^node[1-9]$/.test(name) && known !== undefined) return { node: name, program: known };
  throw new ClusterError(
    `${name} ${program} is nothing to break: it can be ${PARTS.join(', ')}, or node1 to node9 with ${NODE_PROGRAMS.join(', ')}`,
  );
}

/** Stops a process without ending it (SIGSTOP): it hangs, and its connections stay open. */
export function pause(cluster: Cluster, target: Target): void {
  send(cluster, target, 'SIGSTOP');
}

/** Lets a paused process go on. */
export function resume(cluster: Cluster, target: Target): void {
  send(cluster, target, 'SIGCONT');
}

/** Ends a process at once (SIGKILL) and keeps it down until {@link start}. Containers of a node go on running. */
export async function kill(cluster: Cluster, target: Target): Promise<void> {
  if (typeof target === 'string') return lockedRecord(cluster, (record) => stopPart(record, target, 'kill'));
  writeFileSync(stopFile(cluster, target), '');
  send(cluster, target, 'SIGKILL');
}

/** Ends a process politely and keeps it down. */
export async function stop(cluster: Cluster, target: Target): Promise<void> {
  if (typeof target === 'string') return lockedRecord(cluster, (record) => stopPart(record, target));
  writeFileSync(stopFile(cluster, target), '');
  send(cluster, target, 'SIGTERM');
}

/** Starts what was stopped or killed, and waits until it does its work (for a node's program: until it runs). */
export async function start(cluster: Cluster, target: Target): Promise<void> {
  if (typeof target === 'string') {
    await lockedRecord(cluster, (record) => startPart(record, target));
    return;
  }
  rmSync(stopFile(cluster, target), { force: true });
  const running = await waitUntil(async () => pidOf(cluster, target) !== undefined, 10_000);
  if (running === undefined) throw new ClusterError(`${target.program} of ${target.node} did not start within 10 s`);
}

/** Takes a real node off the network; {@link reconnect} undoes it. */
export const cut = (cluster: Cluster, node: string): Promise<void> => link(cluster, node, 'down');

/** Connects a node that was cut off. */
export const reconnect = (cluster: Cluster, node: string): Promise<void> => link(cluster, node, 'up');

/** Makes a simulated node report that it is not ready. */
export const failFake = (cluster: Cluster, name: string): Promise<void> =>
  setFakeReady(requireApi(cluster), name, false);

/** Makes a simulated node Ready again. */
export const healFake = (cluster: Cluster, name: string): Promise<void> =>
  setFakeReady(requireApi(cluster), name, true);

/** Runs a command in the namespaces of a real node and returns its output; throws when it fails. */
export async function execInNode(cluster: Cluster, node: string, command: readonly string[]): Promise<string> {
  const { init, real } = requireNode(cluster, node);
  return run('nsenter', ['-t', String(init), '-a', '--', ...command], { env: nodeEnvironment(real) });
}

/** The process id of a target as numbered on this machine; undefined when it does not run. */
export function pidOf(cluster: Cluster, target: Target): number | undefined {
  return find(cluster, target)?.pid;
}

function find(cluster: Cluster, target: Target): ProcessIdentity | undefined {
  if (typeof target === 'string') return openRecord(cluster).alive(target);
  const pid = programIn(requireNode(cluster, target.node).init, target.program);
  return pid === undefined ? undefined : identify(pid);
}

function send(cluster: Cluster, target: Target, name: NodeJS.Signals): void {
  const identity = find(cluster, target);
  const label = typeof target === 'string' ? target : `${target.program} of ${target.node}`;
  if (identity === undefined || !signal(identity, name)) throw new ClusterError(`${label} does not run`);
}

async function link(cluster: Cluster, node: string, state: 'up' | 'down'): Promise<void> {
  const { real } = requireNode(cluster, node);
  await setLink(real.net, real.number, state);
}

function requireApi(cluster: Cluster): Api {
  const { directory, state } = openRecord(cluster);
  const api = clusterApi(directory, state);
  if (api === undefined) throw new ClusterError(`cluster ${cluster.name} has no certificates; run "up"`);
  return api;
}

function stopFile(cluster: Cluster, { node, program }: Exclude<Target, string>): string {
  return join(nodeDirectory(requireNode(cluster, node).real), `stop.${program}`);
}

function requireNode(cluster: Cluster, node: string): { readonly real: RealNode; readonly init: number } {
  const record = openRecord(cluster);
  const number = Number(node.replace(/^node/, ''));
  const outer = record.alive(nodeName(number));
  const init = outer === undefined ? undefined : initOf(outer.pid);
  if (init === undefined) throw new ClusterError(`cluster ${cluster.name} has no running real node ${node}`);
  return { real: realNode(record, number), init };
}

function openRecord({ name, directory }: Cluster): ClusterRecord {
  const record = directory === undefined ? undefined : ClusterRecord.open(directory);
  if (record === undefined)
    throw new ClusterError(`cluster ${name} was not made by "up"; its parts cannot be broken from here`);
  return record;
}

/** Two commands that change what runs must not forget each other's processes. */
async function lockedRecord<T>(cluster: Cluster, work: (record: ClusterRecord) => Promise<T>): Promise<T> {
  const { directory } = openRecord(cluster);
  return withLock(
    `${directory}.lock`,
    () => work(openRecord(cluster)),
    () => undefined,
    LOCK_TIMEOUT_MS,
  );
}
