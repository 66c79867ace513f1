/** Tells a person what is being done. */
export interface Progress {
  /**
   * Runs one step of the work and says how long it took. A step that takes long shows a sign of life every ten seconds,
   * with the latest detail that the work has told it.
   */
  step<T>(label: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** One line of information. */
  note(line: string): void;
}

const ALIVE_EVERY_MS = 10_000;

/** Writes a line for each step, with its seconds. */
export function lineProgress(write: (line: string) => void, aliveEveryMs: number = ALIVE_EVERY_MS): Progress {
  return {
    note: (line) => write(`  ${line}`),
    step: async (label, work) => {
      const begin = performance.now();
      const seconds = (): string => ((performance.now() - begin) / 1000).toFixed(1);
      let latest = '';
      const alive = setInterval(() => write(`  ${label}: ${seconds()} s so far${latest}`), aliveEveryMs);
      try {
        const result = await work((text) => (latest = `, ${text}`));
        write(`  ${label.padEnd(42)} ${seconds().padStart(6)} s`);
        return result;
      } finally {
        clearInterval(alive);
      }
    },
  };
}

/** Says nothing. */
export const silent: Progress = { step: (_label, work) => work(() => undefined), note: () => undefined };
