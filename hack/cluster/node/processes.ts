import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { statOf } from '../process/identity.ts';

/** Process 1 of the node, as numbered on this machine: the child of the process that left the namespaces. */
export function initOf(outer: number): number | undefined {
  const child = pids().find((pid) => statOf(pid)?.parent === outer);
  // One that has ended meanwhile, such as a command on the way there, is in no namespace.
  const space = child === undefined ? undefined : namespaceOf(child);
  return space !== undefined && space !== namespaceOf(outer) ? child : undefined;
}

/** The oldest process of that name in the same pid namespace as `init`, as numbered on this machine. */
export function programIn(init: number, name: string): number | undefined {
  const space = namespaceOf(init);
  return pids().find((pid) => commandOf(pid) === name.slice(0, 15) && namespaceOf(pid) === space);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

const commandOf = (pid: number): string | undefined => attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
const namespaceOf = (pid: number): string | undefined => attempt(() => readlinkSync(`/proc/${pid}/ns/pid`));

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // ended in between
  }
}
