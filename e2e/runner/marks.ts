import type { Kubectl } from './world.ts';
import { sleep } from './world.ts';

/**
 * The times that a workload itself wrote down: each line `<epoch seconds> FAULT` of its log, across restarts of its
 * container. They are on the clock of the node, which on a test bed of one machine is also ours.
 */
export class Marks {
  readonly #times = new Set<number>();
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(kubectl: Kubectl, namespace: string, selector: string) {
    this.#running = this.#follow(kubectl, namespace, selector);
  }

  /** The n-th mark (1 is the first), or `undefined` while there are fewer. */
  nth(n: number): number | undefined {
    return [...this.#times].toSorted((a, b) => a - b)[n - 1];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #follow(kubectl: Kubectl, namespace: string, selector: string): Promise<void> {
    while (!this.#stopped) {
      for (const previous of [[], ['--previous']]) {
        // A pod without a previous container, or one that is gone, is no error here.
        const text = await kubectl(['logs', '-n', namespace, '-l', selector, '--tail=200', ...previous]).catch(
          () => '',
        );
        for (const match of text.matchAll(/^(\d+\.\d+) FAULT/gm)) this.#times.add(Math.round(Number(match[1]) * 1000));
      }
      await sleep(300);
    }
  }
}
