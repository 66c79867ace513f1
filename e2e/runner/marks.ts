import { until, type Kubectl } from './world.ts';

/**
 * When a workload says that it went wrong: the time, in milliseconds since the epoch, of the n-th line
 * `<epoch seconds> FAULT` (1 is the first) of the logs of these pods, across restarts of their containers. It is on the clock
 * of the node, which on a test bed of one machine is also ours. Rejects when there are fewer lines after a minute and a half.
 */
export async function markOf(kubectl: Kubectl, namespace: string, selector: string, n: number): Promise<number> {
  const times = new Set<number>();
  return until(`line ${n} "<time> FAULT" in the log of ${selector}`, 90_000, () => look(), 500);

  async function look(): Promise<number | undefined> {
    for (const previous of [[], ['--previous']]) {
      // A pod without a previous container, or one that is gone, is no error here.
      const text = await kubectl(['logs', '-n', namespace, '-l', selector, '--tail=200', ...previous]).catch(() => '');
      for (const match of text.matchAll(/^(\d+\.\d+) FAULT/gm)) times.add(Math.round(Number(match[1]) * 1000));
    }
    return [...times].toSorted((a, b) => a - b)[n - 1];
  }
}
