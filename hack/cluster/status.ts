import type { Cluster } from './cluster.ts';
import { describeCluster } from './cluster.ts';
import { PARTS } from './control-plane.ts';
import { NODE_PROGRAMS, pidOf } from './faults.ts';
import type { Environment } from './paths.ts';
import { residentMiB } from './process/identity.ts';
import { ClusterRecord } from './record.ts';
import { clusterDirectory } from './state.ts';

/** One line of the table. */
export interface PartStatus {
  readonly name: string;
  /** Undefined when it does not run. */
  readonly pid: number | undefined;
  readonly residentMiB: number;
  readonly ports: readonly number[];
}

/** A cluster and what runs of it. */
export interface ClusterStatus {
  readonly cluster: Cluster;
  readonly parts: readonly PartStatus[];
}

/** What is known of a cluster; undefined when `up` never made it. */
export function clusterStatus(name: string, env: Environment = process.env): ClusterStatus | undefined {
  const directory = clusterDirectory(name, env);
  const record = ClusterRecord.open(directory);
  if (record === undefined) return undefined;
  const { ports, fake } = record.state;
  const cluster = describeCluster(directory, record.state);
  const listens: Readonly<Record<string, readonly number[]>> = {
    apiserver: [ports.apiserver],
    etcd: [ports.etcd, ports.etcdPeer],
    nats: [ports.nats, ports.natsMonitor],
    kwok: [ports.kwok],
  };
  const parts = PARTS.filter((part) => part !== 'kwok' || fake > 0).map((part) =>
    partStatus(part, record.alive(part)?.pid, listens[part]),
  );
  const real = cluster.nodes.filter((node) => node.real).map((node) => node.name);
  const programs = real.flatMap((node) =>
    NODE_PROGRAMS.map((program) =>
      partStatus(
        `${node}/${program}`,
        record.alive(node) === undefined ? undefined : pidOf(cluster, { node, program }),
      ),
    ),
  );
  return { cluster, parts: [...parts, ...programs] };
}

/** The status as text for a terminal. */
export function formatStatus({ cluster, parts }: ClusterStatus): string[] {
  const real = cluster.nodes.filter((node) => node.real).map((node) => `${node.name} (${node.address ?? ''})`);
  const fake = cluster.nodes.filter((node) => !node.real).map((node) => node.name);
  return [
    `cluster ${cluster.name} in ${cluster.directory ?? ''}`,
    ...parts.map(formatPart),
    `real nodes:      ${real.join(', ') || 'none'}`,
    ...cluster.obstacles.map((obstacle) => `  because ${obstacle}`),
    `simulated nodes: ${shorten(fake) || 'none'}`,
    ...exportLines(cluster),
  ];
}

/** What to type to use the cluster. */
export function exportLines(cluster: Cluster): string[] {
  return [
    `export KUBECONFIG=${cluster.kubeconfig}`,
    `export HOMEOSTAT_NATS_URL=${cluster.natsUrl}`,
    `export PATH=${cluster.directory ?? ''}/bin:$PATH`,
  ];
}

const partStatus = (name: string, pid: number | undefined, ports: readonly number[] = []): PartStatus => ({
  name,
  pid,
  residentMiB: pid === undefined ? 0 : residentMiB(pid),
  ports,
});

function formatPart({ name, pid, residentMiB, ports }: PartStatus): string {
  if (pid === undefined) return `  ${name.padEnd(20)} does not run`;
  const memory = `${residentMiB} MiB`.padStart(9);
  return `  ${name.padEnd(20)} pid ${String(pid).padEnd(8)}${memory}  ${ports.join(' ')}`.trimEnd();
}

const shorten = (names: readonly string[]): string =>
  names.length > 4 ? `${names[0] ?? ''} to ${names.at(-1) ?? ''} (${names.length})` : names.join(', ');
