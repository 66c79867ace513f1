import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectApi, type Api } from './api.ts';
import { natsHost, type PartContext } from './control-plane.ts';
import { fakeName } from './fake.ts';
import { network, nodeNetwork } from './network.ts';
import { nodeName } from './node/node.ts';
import type { Environment } from './paths.ts';
import { ClusterRecord } from './record.ts';
import { clusterDirectory, type ClusterState } from './state.ts';

/** A node of the cluster; a real one runs containers, another is simulated. */
export interface ClusterNode {
  readonly name: string;
  readonly real: boolean;
  /** Address of a real node on the machine's node network. */
  readonly address?: string;
}

/** A running cluster, as others use it. */
export interface Cluster {
  readonly name: string;
  /** Its own directory; undefined for a cluster that was not made here. */
  readonly directory: string | undefined;
  readonly kubeconfig: string;
  readonly apiserverUrl: string | undefined;
  readonly natsUrl: string;
  /** The same server as pods on real nodes reach it. */
  readonly natsUrlFromPods: string;
  readonly nodes: readonly ClusterNode[];
  /** Why there are fewer real nodes than wanted; empty when there are not. */
  readonly obstacles: readonly string[];
  /** The file of a program this cluster uses, such as `kubectl`; the bare name when it has none of its own. */
  bin(program: string): string;
}

/** The cluster that a remembered state describes. */
export function describeCluster(directory: string, state: ClusterState): Cluster {
  const context = partContext(directory, state);
  const { net, ports } = context;
  const nats = `nats://${natsHost(context)}:${ports.nats}`;
  const real = Array.from({ length: state.nodes }, (_, index) => index + 1);
  return {
    name: state.name,
    directory,
    kubeconfig: join(directory, 'pki', 'admin.conf'),
    apiserverUrl: apiserverUrl(state),
    natsUrl: nats,
    natsUrlFromPods: nats,
    nodes: [
      ...real.map((number) => ({ name: nodeName(number), real: true, address: nodeNetwork(net, number).address })),
      ...Array.from({ length: state.fake }, (_, number) => ({ name: fakeName(number), real: false })),
    ],
    obstacles: state.obstacles,
    bin: (program) => state.programs[program] ?? program,
  };
}

/** The cluster of that name, if something of it runs. */
export function load(name: string, env: Environment = process.env): Cluster | undefined {
  const record = ClusterRecord.open(clusterDirectory(name, env));
  return record?.anyAlive === true ? describeCluster(record.directory, record.state) : undefined;
}

/** What the parts of this cluster are started with. */
export function partContext(directory: string, state: ClusterState): PartContext {
  const { ports, profile, programs, bridged } = state;
  return { directory, net: network(state.index), ports, profile, programs, bridged };
}

/** The API server as the machine reaches it. */
export const apiserverUrl = ({ ports }: ClusterState): string => `https://127.0.0.1:${ports.apiserver}`;

/** Opens the API server as the cluster's administrator; undefined before its certificates exist. */
export function clusterApi(directory: string, state: ClusterState): Api | undefined {
  const pki = join(directory, 'pki');
  return existsSync(join(pki, 'admin.crt')) ? connectApi(apiserverUrl(state), pki) : undefined;
}
