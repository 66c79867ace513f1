import type { Clock } from '../../wire/clock.ts';
import { KubeletClient } from '../kubelet/client.ts';
import type { HostPort, Options } from '../options.ts';
import { CgroupSource } from './cgroup.ts';
import { CpuQueue } from './cpu-queue.ts';
import { KubeletProbe } from './kubelet-probe.ts';
import { KubeletStats } from './kubelet-stats.ts';
import { ProcSource } from './proc.ts';
import type { Source } from './source.ts';

/** What a source needs besides its options. */
export interface Around {
  readonly clock: Clock;
  /** Told when a source begins to fail, and (without a message) when it works again. */
  readonly onProblem: (source: string, message: string | undefined) => void;
}

type Factory = (options: Options, around: Around) => Source | undefined;

/** Every source there is, a line each; one that the options switch off is undefined. */
const factories: readonly Factory[] = [
  (options, { clock }) => new ProcSource({ ...options, network: options.cgroups }, clock),
  kubeletProbe,
  (options, { clock }) => (options.cgroups ? new CgroupSource(options, clock) : undefined),
  kubeletStats,
];

function kubeletProbe({ kubeletAddress, procRoot }: Options, { clock }: Around): Source | undefined {
  if (kubeletAddress === undefined) return undefined;
  const queue = new CpuQueue(procRoot, 'kubelet');
  return new KubeletProbe({ ...kubeletAddress, waitedMs: () => queue.waitedMs() }, clock);
}

/** A client for the agent's own kubelet. */
export const kubeletOf = (options: Options, kubeletAddress: HostPort): KubeletClient =>
  new KubeletClient({
    ...kubeletAddress,
    tokenFile: options.kubeletTokenFile,
    caFile: options.kubeletCaFile,
    insecureTls: options.kubeletInsecureTls,
  });

function kubeletStats(options: Options, { clock, onProblem }: Around): Source | undefined {
  const { kubeletStats: wanted, kubeletAddress, cgroups, kubeletStatsSeconds } = options;
  if (!wanted || kubeletAddress === undefined) return undefined;
  const client = kubeletOf(options, kubeletAddress);
  return new KubeletStats(
    (path, resource) => (path.startsWith('/metrics') ? client.text(path, resource) : client.json(path, resource)),
    {
      tells: cgroups ? 'BesideCgroups' : 'Alone',
      from: options.kubeletStatsFrom,
      everyMs: kubeletStatsSeconds * 1000,
      onProblem: (message) => onProblem('kubelet-stats', message),
    },
    clock,
  );
}

/** The sources of an agent, in the order of their columns. */
export const createSources = (options: Options, around: Around): Source[] =>
  factories.flatMap((create) => create(options, around) ?? []);
