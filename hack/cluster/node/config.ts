import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { nodeNetwork, type Network } from '../network.ts';

/** What a node's configuration files depend on. */
export interface NodeSettings {
  /** From 1. */
  readonly number: number;
  /** The node's own directory. */
  readonly directory: string;
  readonly pki: string;
  readonly net: Network;
  /** Directory of the CNI plugins. */
  readonly cni: string;
}

/** Writes the configuration of containerd, CNI, kubelet and kube-proxy into the node's directory. */
export function writeNodeConfig(settings: NodeSettings): void {
  const { directory } = settings;
  mkdirSync(join(directory, 'net.d'), { recursive: true });
  mkdirSync(join(directory, 'log'), { recursive: true });
  writeFileSync(join(directory, 'containerd.toml'), containerdConfig(settings));
  writeFileSync(join(directory, 'net.d', '10-homeostat.conflist'), JSON.stringify(cniConfig(settings), null, 2));
  writeFileSync(join(directory, 'kubelet.yaml'), stringify(kubeletConfig(settings)));
  writeFileSync(join(directory, 'proxy.yaml'), stringify(proxyConfig(settings)));
}

/** Lowering a process's OOM score needs CAP_SYS_RESOURCE, which a container has not: hence restrict_oom_score_adj. */
function containerdConfig({ directory, cni }: NodeSettings): string {
  return `version = 3
root = "${directory}/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["${cni}"]
    conf_dir = "${directory}/net.d"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "localhost/pause:1"
`;
}

function cniConfig({ net, number }: NodeSettings): unknown {
  const range = [{ subnet: nodeNetwork(net, number).pods }];
  const ipam = { type: 'host-local', ranges: [range], routes: [{ dst: '0.0.0.0/0' }] };
  return {
    cniVersion: '1.0.0',
    name: 'homeostat',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true }, backend: 'nftables' },
    ],
  };
}

function kubeletConfig({ number, pki }: NodeSettings): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: 'cgroupfs',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    oomScoreAdj: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(pki, `node${number}.crt`),
    tlsPrivateKeyFile: join(pki, `node${number}.key`),
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    resolvConf: '/dev/null',
    // the disk is the machine's: never evict for it unless it is nearly full
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '5s',
    nodeLeaseDurationSeconds: 20,
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
  };
}

function proxyConfig({ pki, net }: NodeSettings): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: net.pods,
    clientConnection: { kubeconfig: join(pki, 'proxy.conf') },
    conntrack: { maxPerCore: 0, min: 0 }, // the machine's own limits stay
  };
}
