import { sleep } from '../../e2e/runner/world.ts';

export interface Waiting {
  /** What is counted, for messages. */
  readonly what: string;
  /** So long it may stand still. */
  readonly patienceMs: number;
  readonly everyMs: number;
  /** Is told each time that there are more. */
  readonly say: (words: string) => void;
}

/** Asks again and again until there are `wanted`; waits for as long as they become more, and rejects when they no longer do. */
export const untilReached = async (
  wanted: number,
  ask: () => Promise<number>,
  { what, patienceMs, everyMs, say }: Waiting,
): Promise<void> => {
  let most = -1;
  let grownMs = performance.now();
  for (;;) {
    const there = await ask();
    if (there > most) {
      most = there;
      grownMs = performance.now();
      say(`${there} of ${wanted} ${what}`);
    }
    if (there >= wanted) return;
    if (performance.now() - grownMs > patienceMs)
      throw new Error(`${there} of ${wanted} ${what}, and no more in ${patienceMs / 1000} s`);
    await sleep(everyMs);
  }
};
