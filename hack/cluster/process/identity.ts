import { readFileSync } from 'node:fs';

/**
 * A process that cannot be mistaken for another one. Process ids are used again; together with the start time
 * (clock ticks since boot) and the boot itself they are not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
  readonly boot: string;
}

/** What /proc/PID/stat says of a process. */
export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly startTicks: string;
}

/** Parses /proc/PID/stat. The program's name may contain blanks and brackets, so the fields are counted after it. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (state === undefined || parent === undefined || startTicks === undefined) return undefined;
  return { state, parent: Number(parent), startTicks };
}

/** What is known of the process now; undefined when there is none (or only its zombie). */
export function statOf(pid: number): ProcessStat | undefined {
  const stat = readStat(pid);
  return stat === undefined || 'ZX'.includes(stat.state) ? undefined : stat;
}

/** The identity of a process that is there now, if only as a zombie; undefined when it is not. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks, boot: bootId() };
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.boot === bootId() && statOf(identity.pid)?.startTicks === identity.startTicks;
}

/** Sends a signal to this very process; false when it is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false; // ended in between
  }
}

/** Resident memory in MiB; 0 when the process is gone. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return Math.round(Number(kib ?? 0) / 1024);
}

function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

const bootId = (): string => (readProc('/proc/sys/kernel/random/boot_id') ?? '').trim();

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
