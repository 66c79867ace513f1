import { load, type Cluster } from './cluster.ts';
import { ClusterError } from './failure.ts';
import type { Environment } from './paths.ts';
import { DEFAULTS } from './up.ts';

/**
 * The cluster to work with: the one KUBECONFIG and HOMEOSTAT_NATS_URL name, if they are set, else the running one of ours
 * (HOMEOSTAT_CLUSTER, `dev` by default). Throws a sentence that says what to do when there is none.
 */
export function resolveCluster(env: Environment = process.env): Cluster {
  const name = env['HOMEOSTAT_CLUSTER'] ?? DEFAULTS.name;
  const kubeconfig = env['KUBECONFIG'];
  const own = load(name, env);
  if (kubeconfig === undefined || kubeconfig === own?.kubeconfig) {
    if (own !== undefined) return own;
    throw new ClusterError(
      `cluster ${name} does not run: run "make cluster-up", or set KUBECONFIG and HOMEOSTAT_NATS_URL`,
    );
  }
  const natsUrl = env['HOMEOSTAT_NATS_URL'];
  if (natsUrl === undefined) {
    throw new ClusterError(
      'KUBECONFIG is set, but HOMEOSTAT_NATS_URL is not: set it to a NATS server with JetStream, such as nats://127.0.0.1:4222',
    );
  }
  return {
    name: 'external',
    directory: undefined,
    kubeconfig,
    apiserverUrl: undefined,
    natsUrl,
    natsUrlFromPods: env['HOMEOSTAT_NATS_URL_FROM_PODS'] ?? natsUrl,
    nodes: [],
    obstacles: [],
    bin: (program) => program,
  };
}
