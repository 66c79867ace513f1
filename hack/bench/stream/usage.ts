import { readFileSync } from 'node:fs';

interface Look {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** What processes have used, over one or several looks at them (Linux only: it reads /proc). */
export class Usage<Name extends string> {
  readonly #looks: readonly Readonly<Record<Name, Look>>[];
  constructor(looks: readonly Readonly<Record<Name, Look>>[]) {
    this.#looks = looks;
  }

  and(later: Usage<Name>): Usage<Name> {
    return new Usage([...this.#looks, ...later.#looks]);
  }

  /** CPU time between the first look and the last. */
  cpuSeconds(name: Name): number {
    return (this.#looks.at(-1)?.[name].cpuSeconds ?? 0) - (this.#looks[0]?.[name].cpuSeconds ?? 0);
  }

  mostResidentMiB(name: Name): number {
    return Math.max(...this.#looks.map((look) => look[name].residentMiB));
  }
}

/** Looks at processes by their ids. Throws when one of them is gone. */
export const usageOf = <Name extends string>(processes: Readonly<Record<Name, number>>): Usage<Name> =>
  new Usage([
    Object.fromEntries(
      Object.entries<number>(processes).map(([name, pid]): [string, Look] => [name, lookAt(pid)]),
    ) as Record<Name, Look>,
  ]);

/** proc(5): CPU time is counted in hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

function lookAt(pid: number): Look {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name in parentheses, which may contain anything: the state is field 3, user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, resident = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentMiB: Number(resident) / 1024,
  };
}
