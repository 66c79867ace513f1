/** The cluster whose nodes are spoken for: what is known of it to those who speak, wherever its objects are. */
import type { Keyframe, Row } from '../../../engine/frame/types.ts';
import type { MetricName } from '../../../engine/metrics.ts';

/** What is measured of every container. */
export const measured = [
  'k8s.container.cpu.usage',
  'k8s.container.cpu.limit_utilization',
  'k8s.container.cpu.throttled',
  'k8s.container.memory.usage',
  'k8s.container.memory.working_set',
  'k8s.container.memory.limit',
  'k8s.container.memory.limit_utilization',
  'k8s.container.oom_kills',
  'k8s.container.processes',
  'k8s.container.pressure.memory',
] as const satisfies readonly MetricName[];

/** Where the measured pods are. */
export const namespace = 'shop';
/** The one container of each of them. */
export const container = 'app';

/** Nodes and pods that an API server tells of. */
export interface Population {
  /** Where the API server is. */
  readonly kubeconfig: string;
  readonly nodes: readonly SpokenNode[];
  /** Pods that have come in place of others. */
  readonly replaced: number;
  /** Has so many pods replaced, or as many as the API server is through with. */
  replace(count: number): void;
  stop(): Promise<void>;
}

/** One node, and the pods that run on it now. */
export class SpokenNode {
  readonly name: string;
  readonly #boot: string;
  readonly #pods = new Set<string>();
  #generation = 0;
  #keyframe: Keyframe | undefined;

  constructor(name: string, index: number) {
    this.name = name;
    this.#boot = index.toString(16).padStart(32, '0');
  }

  /** Pods on it. */
  get size(): number {
    return this.#pods.size;
  }

  /** By their UIDs; it may be there already. */
  add(uid: string): void {
    if (this.#pods.has(uid)) return;
    this.#pods.add(uid);
    this.#keyframe = undefined;
  }

  /** It may be gone already. */
  remove(uid: string): void {
    if (this.#pods.delete(uid)) this.#keyframe = undefined;
  }

  /** Which row is which container; another one after each change. */
  get keyframe(): Keyframe {
    this.#keyframe ??= {
      kind: 'keyframe',
      source: { producer: 'agent', node: this.name, boot: this.#boot },
      generation: ++this.#generation,
      capturedMs: Date.now(),
      intervalMs: 1000,
      columns: measured.map((metric) => ({ metric, scope: 'Container' })),
      rows: [...this.#pods].map((uid): Row => ({ scope: 'Container', uid, container })),
    };
    return this.#keyframe;
  }
}
