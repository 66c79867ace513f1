import { spawn } from 'node:child_process';
import type { KubeApi } from '../../operator/kube/api.ts';

export { patienceMs } from '../../operator/testing/eventually.ts';

/** What a scenario needs of the cluster it runs on. */
export interface World {
  readonly api: KubeApi;
  readonly kubectl: Kubectl;
  /** Names of nodes that have a real kubelet, in a stable order. */
  readonly realNodes: readonly string[];
  /** Stops or resumes a node's kubelet; absent where the cluster does not let us. */
  readonly kubelet?: (node: string, what: 'pause' | 'resume') => Promise<void>;
  /** The operator's own namespace. */
  readonly rootNamespace: string;
}

/** Runs kubectl; resolves to its standard output, rejects with its error text. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** A kubectl of this path that talks to the cluster of this kubeconfig. */
export const kubectlOf =
  (binary: string, kubeconfig: string): Kubectl =>
  (args, input) =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, args, { env: { ...process.env, KUBECONFIG: kubeconfig } });
      let out = '';
      let problem = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(out);
        else reject(new Error(`kubectl ${args.join(' ')}: ${problem.trim() || `exit code ${code}`}`));
      });
      child.stdin.on('error', () => {}); // it ended before it read everything; its exit code tells why
      child.stdin.end(input ?? '');
    });

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again every `everyMs` until the answer is not `undefined`; rejects after `timeoutMs`, naming what was waited for. */
export const until = async <T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
  everyMs = 200,
): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = `; last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}${last}`);
    await sleep(everyMs);
  }
};
