import { ClusterError } from './failure.ts';
import { withLock } from './lock.ts';
import { machineRoutes, MAX_CLUSTERS, pickIndex } from './network.ts';
import type { Environment } from './paths.ts';
import { pickPorts, type Ports } from './ports.ts';
import { allStates, type ClusterState } from './state.ts';

/** What a cluster occupies on the machine. */
export interface Place {
  readonly index: number;
  readonly ports: Ports;
}

const LOCK_TIMEOUT_MS = 30_000;

/**
 * Finds a place for a cluster that is about to start and hands it to `remember`, which writes it down before any other
 * cluster can choose: two that start at the same moment get different ones.
 */
export async function claimPlace<T>(
  name: string,
  previous: ClusterState | undefined,
  env: Environment,
  remember: (place: Place) => T,
): Promise<T> {
  const claim = async (): Promise<T> => remember(await choosePlace(name, previous, env));
  return withLock('places of clusters', claim, () => {}, LOCK_TIMEOUT_MS);
}

/** Networks and ports: those of last time where they are still free. */
async function choosePlace(name: string, previous: ClusterState | undefined, env: Environment): Promise<Place> {
  const others = allStates(env).filter((state) => state.name !== name);
  const taken = others.map((state) => state.index);
  const kept = previous === undefined || taken.includes(previous.index) ? undefined : previous.index;
  const index = kept ?? pickIndex(taken, machineRoutes());
  if (index === undefined) {
    throw new ClusterError(
      `all ${MAX_CLUSTERS} network ranges are in use (172.30.0.0/24 to 172.30.${MAX_CLUSTERS - 1}.0/24)`,
    );
  }
  const reserved = new Set(others.flatMap((state) => Object.values(state.ports)));
  return { index, ports: await pickPorts(previous?.ports ?? {}, reserved) };
}
