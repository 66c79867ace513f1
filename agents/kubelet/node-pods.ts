import type { Clock } from '../../wire/clock.ts';
import { KubeletError } from './client.ts';
import { podsOf, type NodePod } from './pods.ts';

/** How often the kubelet is asked which pods there are. */
const everyMs = 10_000;

export interface NodePodsOptions {
  /** The JSON at a path of the kubelet; `resource` is what RBAC calls it. */
  readonly ask: (path: string, resource: string) => Promise<unknown>;
  readonly clock: Clock;
  /** Told when the kubelet begins to fail, of each other reason, and (undefined) when it answers again. */
  readonly onProblem: (message: string | undefined) => void;
}

/** The pods of the node as the kubelet last told them; those of before while it does not answer. */
export class NodePods {
  readonly #options: NodePodsOptions;
  readonly #listeners: ((pods: readonly NodePod[]) => void)[] = [];
  #pods: readonly NodePod[] = [];
  #known = false;
  #problem: string | undefined;
  #stopped = true;
  #cancel: () => void = () => {};

  constructor(options: NodePodsOptions) {
    this.#options = options;
  }

  /** Whether the kubelet has ever answered. */
  get isKnown(): boolean {
    return this.#known;
  }

  list(): readonly NodePod[] {
    return this.#pods;
  }

  /** Calls `listener` whenever the kubelet has answered. */
  onAnswer(listener: (pods: readonly NodePod[]) => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#stopped = false;
    void this.#again();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #again(): Promise<void> {
    let problem: string | undefined;
    try {
      const pods = podsOf(await this.#options.ask('/pods', 'nodes/pods'));
      if (this.#stopped) return;
      this.#pods = pods;
      this.#known = true;
      for (const listener of this.#listeners) listener(pods);
    } catch (error) {
      problem = error instanceof KubeletError ? error.message : `/pods of the kubelet: ${String(error)}`;
    }
    if (this.#stopped) return;
    if (problem !== this.#problem) this.#options.onProblem(problem);
    this.#problem = problem;
    this.#cancel = this.#options.clock.after(everyMs, () => void this.#again());
  }
}
