/**
 * A real Kubernetes cluster on this machine, for tests and demonstrations.
 *
 * @example
 * const cluster = await up({ name: 'e2e', nodes: 2, fake: 3 });
 * await addImage(cluster, { name: 'localhost/homeostat-agent:dev', content: { bundle: ['dist/agent.js'] } });
 * pause(cluster, { node: 'node1', program: 'kubelet' });
 * await down(cluster);
 */
export { load, type Cluster, type ClusterNode } from './cluster.ts';
export { resolveCluster } from './resolve-cluster.ts';
export { up, type UpOptions } from './up.ts';
export { down, type DownOptions } from './down.ts';
export { addImage, loadImages, type OwnImage } from './images/own.ts';
export { clusterStatus, exportLines, formatStatus } from './status.ts';
export {
  cut,
  execInNode,
  failFake,
  healFake,
  kill,
  pause,
  pidOf,
  reconnect,
  resume,
  start,
  stop,
  type NodeProgram,
  type Target,
} from './faults.ts';
export type { ProfileName } from './profile.ts';
export { tool } from './tool.ts';
export { NOT_READY_LABEL } from './fake.ts';
export { ClusterError } from './failure.ts';
export { lineProgress, silent, type Progress } from './progress.ts';
