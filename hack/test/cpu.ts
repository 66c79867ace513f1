import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts in these, whatever its clock does. */
const ticksPerSecond = 100;

/**
 * Seconds of CPU of the children that have ended, with those of theirs that they waited for; not of what lives on by
 * itself, such as a cluster. 0 where there is no /proc.
 */
export function secondsOfChildren(): number {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    const [cutime, cstime] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(13);
    return (Number(cutime) + Number(cstime)) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Seconds for which the CPUs of this machine have worked, for whomever. */
export const secondsOfMachine = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + (user + nice + sys + irq) / 1000, 0);
