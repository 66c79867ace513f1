import { join } from 'node:path';
import { connectApi, type Api } from './api.ts';
import { apiserverUrl, describeCluster, partContext, type Cluster } from './cluster.ts';
import { PARTS, type PartName } from './control-plane.ts';
import { ClusterError } from './failure.ts';
import { installPrograms } from './install.ts';
import { provide } from './provide.ts';
import { ensureFakeNodes, writeKwokConfig } from './fake.ts';
import { withLock } from './lock.ts';
import { MAX_NODES, network } from './network.ts';
import { makeBridge } from './node/link.ts';
import { nodeName } from './node/node.ts';
import { realNode, startRealNodes, stopRealNode } from './nodes.ts';
import { startPart, stopPart } from './parts.ts';
import type { Environment } from './paths.ts';
import { writePki } from './pki/files.ts';
import { claimPlace, type Place } from './place.ts';
import { waitUntil } from './process/wait.ts';
import { silent, type Progress } from './progress.ts';
import type { ProfileName } from './profile.ts';
import { ClusterRecord } from './record.ts';
import { clusterDirectory } from './state.ts';

/** What {@link up} makes. */
export interface UpOptions {
  /** `dev` by default. */
  readonly name?: string;
  /** Real nodes, 0 to 9; 2 by default. */
  readonly nodes?: number;
  /** Simulated nodes; 2 by default. */
  readonly fake?: number;
  /** `fast` by default. */
  readonly profile?: ProfileName;
  readonly env?: Environment;
  /** Silent by default. */
  readonly progress?: Progress;
}

/** What a cluster is when nothing is said about it. */
export const DEFAULTS = { name: 'dev', nodes: 2, fake: 2, profile: 'fast' } as const satisfies UpOptions;

/** A first start may have to build Kubernetes; a second `up` waits that long for it. */
const LOCK_TIMEOUT_MS = 30 * 60_000;
/** Parts whose command lines depend on the profile. */
const TUNED: readonly PartName[] = ['kwok', 'scheduler', 'controller-manager'];

/** Makes the cluster run as wished: starts what is missing, ends surplus nodes, leaves the rest alone. */
export async function up(wish: UpOptions = {}): Promise<Cluster> {
  const options = { ...DEFAULTS, env: process.env, progress: silent, ...wish };
  checkCounts(options);
  const { name, env, progress } = options;
  const directory = clusterDirectory(name, env);
  const onWait = (holder: number): void => progress.note(`process ${holder} works on cluster ${name}; waiting for it`);
  return withLock(`${directory}.lock`, () => bringUp(directory, options), onWait, LOCK_TIMEOUT_MS);
}

async function bringUp(directory: string, options: Required<UpOptions>): Promise<Cluster> {
  const { name, env, progress, fake, profile } = options;
  const previous = ClusterRecord.open(directory);
  if (previous !== undefined && isAsWished(previous, options)) return describeCluster(directory, previous.state);
  const provision = await provide(options.nodes > 0, env, progress);
  const nodes = provision.obstacles.length > 0 ? 0 : options.nodes;
  const running = previous?.anyAlive === true ? previous.state : undefined;
  if (running !== undefined && !running.bridged && nodes > 0) {
    throw new ClusterError('this cluster was started without real nodes; run "down" before you add some');
  }
  const remember = ({ index, ports }: Place): ClusterRecord =>
    ClusterRecord.create(directory, {
      version: 1,
      name,
      index,
      ports,
      profile,
      nodes,
      fake,
      bridged: running?.bridged ?? nodes > 0,
      ...provision,
      running: previous?.state.running ?? {},
    });
  const occupy = async (place: Place): Promise<ClusterRecord> => {
    const record = remember(place);
    if (record.state.bridged) await makeBridge(network(place.index), directory);
    return record;
  };
  const record = running === undefined ? await claimPlace(name, previous?.state, env, occupy) : remember(running);
  if (running !== undefined && running.profile !== profile) for (const part of TUNED) await stopPart(record, part);
  installPrograms(directory, provision.programs);
  const api = await startControlPlane(record, progress);
  await Promise.all([progress.step('service accounts', () => prepare(api)), fitNodes(record, api, progress)]);
  return describeCluster(directory, record.state);
}

function checkCounts({ nodes, fake }: Required<UpOptions>): void {
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > MAX_NODES) {
    throw new ClusterError(`--nodes is ${nodes}; it can be 0 to ${MAX_NODES}`);
  }
  if (!Number.isInteger(fake) || fake < 0 || fake > 10_000)
    throw new ClusterError(`--fake is ${fake}; it can be 0 to 10000`);
}

function isAsWished(record: ClusterRecord, wish: Required<UpOptions>): boolean {
  const { nodes, fake, profile } = record.state;
  if (nodes !== wish.nodes || fake !== wish.fake || profile !== wish.profile) return false;
  return [...partsWith(fake), ...numbers(nodes).map(nodeName)].every((name) => record.alive(name) !== undefined);
}

/** kwok runs only when there are nodes to simulate. */
const partsWith = (fake: number): PartName[] => PARTS.filter((name) => name !== 'kwok' || fake > 0);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

async function startControlPlane(record: ClusterRecord, progress: Progress): Promise<Api> {
  const { directory, state } = record;
  const { net, ports } = partContext(directory, state);
  const fromNodes = `https://${net.gateway}:${ports.apiserver}`;
  writePki(join(directory, 'pki'), net, { local: apiserverUrl(state), fromNodes }, new Date());
  if (state.bridged) await makeBridge(net, directory);
  for (const name of ['etcd', 'nats', 'apiserver', 'controller-manager', 'scheduler'] as const) {
    if (record.alive(name) === undefined) await progress.step(name, () => startPart(record, name));
  }
  const api = connectApi(apiserverUrl(state), join(directory, 'pki'));
  return api;
}

/** Lets the API server reach the kubelets, and waits until pods can be created in the default namespace. */
async function prepare(api: Api): Promise<void> {
  const answer = await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'homeostat:apiserver-to-kubelet' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver-kubelet-client' }],
  });
  if (answer.status !== 201 && answer.status !== 409) {
    throw new ClusterError(`the API server refused a ClusterRoleBinding (${answer.status})`, [
      JSON.stringify(answer.body),
    ]);
  }
  const path = '/api/v1/namespaces/default/serviceaccounts/default';
  const present = await waitUntil(async () => (await api.request('GET', path)).status === 200, 60_000);
  if (present === undefined)
    throw new ClusterError('the controller manager made no default service account within 60 s');
}

async function fitNodes(record: ClusterRecord, api: Api, progress: Progress): Promise<void> {
  const { nodes, fake, profile } = record.state;
  for (const surplus of numbers(MAX_NODES).slice(nodes)) {
    if (record.alive(nodeName(surplus)) === undefined) continue;
    await stopRealNode(record, realNode(record, surplus));
    await api.request('DELETE', `/api/v1/nodes/${nodeName(surplus)}`);
  }
  writeKwokConfig(record.directory, profile);
  if (fake > 0) await progress.step('kwok', () => startPart(record, 'kwok'));
  const real = numbers(nodes).map((number) => realNode(record, number));
  await Promise.all([
    real.length > 0 ? progress.step(`${nodes} real nodes Ready`, () => startRealNodes(record, real, api)) : undefined,
    fake > 0
      ? progress.step(`${fake} simulated nodes Ready`, () => ensureFakeNodes(api, fake))
      : ensureFakeNodes(api, 0),
  ]);
}
