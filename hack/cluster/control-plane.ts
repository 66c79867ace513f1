import { join } from 'node:path';
import { answersOk, type Api } from './api.ts';
import { SERVICES, type Network } from './network.ts';
import type { Ports } from './ports.ts';
import type { Daemon } from './process/daemon.ts';
import { PROFILES, type Profile, type ProfileName } from './profile.ts';

/** The background programs of a cluster outside its nodes, in the order they are started. */
export const PARTS = ['etcd', 'nats', 'apiserver', 'controller-manager', 'scheduler', 'kwok'] as const;
export type PartName = (typeof PARTS)[number];

/** Whether a text names a part. */
export const isPartName = (name: string): name is PartName => (PARTS as readonly string[]).includes(name);

/** All a part's command line depends on. */
export interface PartContext {
  readonly directory: string;
  readonly net: Network;
  readonly ports: Ports;
  readonly profile: ProfileName;
  /** Whether there is a bridge to real nodes; without one everything listens on 127.0.0.1 only. */
  readonly bridged: boolean;
  readonly programs: Readonly<Record<string, string>>;
}

/** A part: how to start it, and how to ask whether it does its work. */
export interface Part {
  readonly daemon: Daemon;
  readonly ready: (api: () => Api) => Promise<boolean>;
  readonly timeoutMs: number;
  /** How it is ended: kube-apiserver would wait a minute for open watches, and etcd keeps what it acknowledged. */
  readonly stopSignal: NodeJS.Signals;
}

/** The address NATS listens on. It has no authentication, so never all addresses: the bridge reaches pods and machine. */
export const natsHost = ({ bridged, net }: Pick<PartContext, 'bridged' | 'net'>): string =>
  bridged ? net.gateway : '127.0.0.1';

/** Describes a part of the cluster. */
export function part(name: PartName, context: PartContext): Part {
  const { program, args, ready = always, timeoutMs = 20_000, stopSignal = 'SIGTERM' } = describe(name, context);
  const command = context.programs[program] ?? program;
  const log = join(context.directory, 'log', `${name}.log`);
  // nothing of the person's environment, such as a proxy, may change how the parts talk to each other
  const { garbagePercent } = profileOf(context);
  const env = {
    HOME: context.directory,
    PATH: process.env['PATH'],
    ...(garbagePercent === undefined ? {} : { GOGC: String(garbagePercent) }),
  };
  return { daemon: { name, command, args, env, log }, ready, timeoutMs, stopSignal };
}

const profileOf = ({ profile }: PartContext): Profile => PROFILES[profile];

interface Description {
  readonly program: string;
  readonly args: readonly string[];
  readonly ready?: Part['ready'];
  readonly timeoutMs?: number;
  readonly stopSignal?: NodeJS.Signals;
}

const always = async (): Promise<boolean> => true;

function describe(name: PartName, context: PartContext): Description {
  const { directory, ports } = context;
  const profile = profileOf(context);
  switch (name) {
    case 'etcd':
      return {
        program: 'etcd',
        args: etcdArgs(join(directory, 'etcd'), ports),
        ready: () => answersOk(`http://127.0.0.1:${ports.etcd}/health`),
      };
    case 'nats':
      return {
        program: 'nats-server',
        args: natsArgs(context),
        ready: () => answersOk(`http://${natsHost(context)}:${ports.natsMonitor}/healthz`),
      };
    case 'apiserver':
      return {
        program: 'kube-apiserver',
        args: apiserverArgs(context),
        ready: async (api) => (await api().request('GET', '/readyz')).status === 200,
        timeoutMs: 90_000,
        stopSignal: 'SIGKILL',
      };
    case 'controller-manager':
      return { program: 'kube-controller-manager', args: controllerManagerArgs(directory, profile) };
    case 'scheduler':
      return {
        program: 'kube-scheduler',
        args: [...client(directory, 'sched'), '--leader-elect=false', '--secure-port=0', ...clientLimits(profile)],
      };
    case 'kwok':
      return {
        program: 'kwok',
        args: kwokArgs(context),
        ready: () => answersOk(`http://127.0.0.1:${ports.kwok}/healthz`),
      };
  }
}

/** Without fsync: this cluster may be lost with the machine, and a shared disk makes every write wait. */
function etcdArgs(data: string, ports: Ports): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${data}`,
    '--unsafe-no-fsync',
    '--quota-backend-bytes=8589934592',
    '--log-level=warn',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

function natsArgs(context: PartContext): string[] {
  const { directory, ports } = context;
  return [
    `--addr=${natsHost(context)}`,
    `--port=${ports.nats}`,
    `--http_port=${ports.natsMonitor}`,
    '--jetstream',
    `--store_dir=${join(directory, 'nats')}`,
  ];
}

function apiserverArgs({ directory, net, ports, bridged }: PartContext): string[] {
  const pki = (file: string): string => join(directory, 'pki', file);
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--secure-port=${ports.apiserver}`,
    `--bind-address=${bridged ? '0.0.0.0' : '127.0.0.1'}`,
    `--advertise-address=${bridged ? net.gateway : '127.0.0.1'}`,
    `--service-cluster-ip-range=${SERVICES}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--kubelet-client-certificate=${pki('apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy.key')}`,
  ];
}

function controllerManagerArgs(directory: string, profile: Profile): string[] {
  const pki = (file: string): string => join(directory, 'pki', file);
  return [
    ...client(directory, 'kcm'),
    '--use-service-account-credentials',
    `--root-ca-file=${pki('ca.crt')}`,
    `--service-account-private-key-file=${pki('sa.key')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--node-monitor-period=${profile.nodeMonitorSeconds}s`,
    `--node-monitor-grace-period=${profile.nodeGraceSeconds}s`,
    `--horizontal-pod-autoscaler-sync-period=${profile.autoscalerSyncSeconds}s`,
    ...clientLimits(profile),
  ];
}

function kwokArgs({ directory, ports }: PartContext): string[] {
  return [
    `--kubeconfig=${join(directory, 'pki', 'kwok.conf')}`,
    `--config=${join(directory, 'kwok.yaml')}`,
    '--node-ip=127.0.0.1',
    `--node-port=${ports.kwok}`,
    `--server-address=127.0.0.1:${ports.kwok}`,
    '--cidr=10.128.0.0/9', // addresses of simulated pods; nothing is ever sent there
  ];
}

const client = (directory: string, name: string): string[] => [
  `--kubeconfig=${join(directory, 'pki', `${name}.conf`)}`,
];

const clientLimits = ({ requestsPerSecond }: Profile): string[] =>
  requestsPerSecond === undefined
    ? []
    : [`--kube-api-qps=${requestsPerSecond}`, `--kube-api-burst=${2 * requestsPerSecond}`];
