import type { Clock } from '../../wire/clock.ts';
import type { Options } from '../options.ts';
import { CgroupSource } from './cgroup.ts';
import { KubeletProbe } from './kubelet-probe.ts';
import { ProcSource } from './proc.ts';
import type { Source } from './source.ts';

type Factory = (options: Options, clock: Clock) => Source | undefined;

/** Every source there is, a line each; one that the options switch off is undefined. */
const factories: readonly Factory[] = [
  (options, clock) => new ProcSource(options, clock),
  ({ kubeletAddress }, clock) => kubeletAddress && new KubeletProbe(kubeletAddress, clock),
  (options, clock) => new CgroupSource(options, clock),
];

/** The sources of an agent, in the order of their columns. */
export const createSources = (options: Options, clock: Clock): Source[] =>
  factories.flatMap((create) => create(options, clock) ?? []);
