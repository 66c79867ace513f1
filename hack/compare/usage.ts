import { readdirSync, readFileSync } from 'node:fs';
import { medianOf, rounded } from '../bench/compare.ts';

/** What the processes of one part cost over a time. */
export interface Cost {
  /** Share of one core: 0.01 is one percent. */
  readonly cpuCores: number;
  /** Median of the looks; of all processes together, shared pages counted for each. */
  readonly residentMiB: number;
  readonly processes: number;
}

/** The kernel counts CPU time in hundredths of a second (USER_HZ), whatever its own clock is. */
const ticksPerSecond = 100;
const everyMs = 10_000;

/** CPU seconds (user and system) that /proc/PID/stat tells of, the name in brackets aside. */
export const cpuSecondsOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

const read = (pid: number): { cpuSeconds: number; residentMiB: number } | undefined => {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return { cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')), residentMiB: Number(kib) / 1024 };
  } catch {
    return undefined; // it has ended
  }
};

/** Looks at processes every ten seconds from now on, until the cost is asked for. */
export class Usage {
  readonly #since = performance.now();
  readonly #parts: ReadonlyMap<
    string,
    { readonly pids: readonly number[]; readonly began: number; resident: number[] }
  >;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: Readonly<Record<string, readonly number[]>>) {
    this.#parts = new Map(
      Object.entries(parts).map(([name, pids]) => [name, { pids, began: cpuOf(pids), resident: [] }]),
    );
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#look();
  }

  /** Ends the looking. */
  end(): Readonly<Record<string, Cost>> {
    clearInterval(this.#timer);
    this.#look();
    const seconds = (performance.now() - this.#since) / 1000;
    return Object.fromEntries(
      [...this.#parts].map(([name, { pids, began, resident }]) => [
        name,
        {
          cpuCores: rounded((cpuOf(pids) - began) / seconds, 4),
          residentMiB: rounded(medianOf(resident), 0),
          processes: pids.length,
        },
      ]),
    );
  }

  #look(): void {
    for (const part of this.#parts.values())
      part.resident.push(part.pids.reduce((sum, pid) => sum + (read(pid)?.residentMiB ?? 0), 0));
  }
}

const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (read(pid)?.cpuSeconds ?? 0), 0);

/** The processes whose environment has this line and whose command line this word, as numbered on this machine. */
export const processesWith = (environment: string, word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const has = (file: string, text: string): boolean =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').includes(text);
        return has('environ', environment) && has('cmdline', word);
      } catch {
        return false; // it has ended
      }
    });
