import { ClusterError } from './failure.ts';
import { withLock } from './lock.ts';
import { bridgeOwner, machineRoutes, MAX_CLUSTERS, network, ownerMark, pickIndex, type Range } from './network.ts';
import type { Environment } from './paths.ts';
import { pickPorts, type Ports } from './ports.ts';
import { allStates, clusterDirectory, type ClusterState } from './state.ts';

/** What a cluster occupies on the machine. */
export interface Place {
  readonly index: number;
  readonly ports: Ports;
}

/** What the machine says of its networks. */
export interface Machine {
  readonly routes: () => readonly Range[];
  /** Whose the bridge of a number is. */
  readonly ownerOf: (index: number) => string | undefined;
}

const thisMachine: Machine = { routes: machineRoutes, ownerOf: (index) => bridgeOwner(network(index)) };

const LOCK_TIMEOUT_MS = 30_000;

/**
 * Finds a place for a cluster that is about to start and hands it to `remember`, which writes it down, and makes the bridge,
 * before any other cluster of the machine can choose: two that start at the same moment get different ones, also those of
 * different users, who see of each other only the routes.
 */
export async function claimPlace<T>(
  name: string,
  previous: ClusterState | undefined,
  env: Environment,
  remember: (place: Place) => T | Promise<T>,
  machine = thisMachine,
): Promise<T> {
  const claim = async (): Promise<T> => remember(await choosePlace(name, previous, env, machine));
  return withLock('places of clusters', claim, () => {}, LOCK_TIMEOUT_MS);
}

/** Networks and ports: those of last time where they are still free. */
async function choosePlace(
  name: string,
  previous: ClusterState | undefined,
  env: Environment,
  { routes, ownerOf }: Machine,
): Promise<Place> {
  const others = allStates(env).filter((state) => state.name !== name);
  const taken = others.map((state) => state.index);
  const last = previous?.index;
  // Its own bridge may have outlived it.
  const isOwn = last !== undefined && ownerOf(last) === ownerMark(clusterDirectory(name, env));
  const index = isOwn && !taken.includes(last) ? last : pickIndex(taken, routes(), last);
  if (index === undefined) {
    throw new ClusterError(
      `all ${MAX_CLUSTERS} network ranges are in use (172.30.0.0/24 to 172.30.${MAX_CLUSTERS - 1}.0/24)`,
    );
  }
  const reserved = new Set(others.flatMap((state) => Object.values(state.ports)));
  return { index, ports: await pickPorts(previous?.ports ?? {}, reserved) };
}
