import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cgroupLayout, cgroupObstacle } from './cgroup.ts';

/** Programs of the machine that real nodes need, and the Debian package each is in. */
const TOOLS: Readonly<Record<string, string>> = {
  bash: 'bash',
  ip: 'iproute2',
  mount: 'mount',
  nsenter: 'util-linux',
  unshare: 'util-linux',
};

/** Capabilities that real nodes need, with their numbers: devices of containers, links and routes, namespaces and mounts. */
const CAPABILITIES: Readonly<Record<string, number>> = { CAP_MKNOD: 27, CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 };

const hasCapability = (hexadecimal: string, name: string): boolean =>
  ((BigInt(`0x${hexadecimal}`) >> BigInt(CAPABILITIES[name] ?? 0)) & 1n) === 1n;

/** What is looked at. */
export interface Machine {
  readonly platform: string;
  readonly uid: number | undefined;
  /** The capabilities of this process, as /proc/self/status has them in hexadecimal. */
  readonly capabilities: string;
  /** What stands in the way of making cgroups. */
  readonly cgroupObstacle: string | undefined;
  readonly has: (program: string) => boolean;
}

/** Why this machine can run no real nodes, one reason a line; empty when it can. */
export function nodeObstacles(machine: Machine = thisMachine()): string[] {
  if (machine.platform !== 'linux') return [`they need Linux, this is ${machine.platform}`];
  const missing = Object.entries(TOOLS).filter(([tool]) => !machine.has(tool));
  if (machine.uid !== 0) return ['they need root (namespaces, cgroups, a bridge)'];
  const lacking = Object.keys(CAPABILITIES).filter((name) => !hasCapability(machine.capabilities, name));
  return [
    ...lacking.map((name) => `this root lacks the capability ${name} (a container that is not privileged?)`),
    ...(machine.cgroupObstacle === undefined ? [] : [machine.cgroupObstacle]),
    ...missing.map(([tool, debian]) => `the program ${tool} is missing (Debian package ${debian})`),
  ];
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    capabilities: /^CapEff:\s*(\w+)/m.exec(readStatus())?.[1] ?? '0',
    cgroupObstacle: process.getuid?.() === 0 ? cgroupObstacle(cgroupLayout()) : undefined,
    has: (program) =>
      (process.env['PATH'] ?? '').split(delimiter).some((directory) => isExecutable(join(directory, program))),
  };
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
