/** What a verdict is about, from the narrowest. */
export const targetKinds = ['Container', 'Pod', 'Workload', 'Node'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** One thing that policies judge. `key` is its identity: a later thing of the same name has another key. */
export interface Target {
  readonly kind: TargetKind;
  /** Unique among all targets, such as `Container/<pod uid>/<container name>`; a restarted container keeps it. */
  readonly key: string;
  /** UID of the Pod (also for a Container), of the Workload, or of the Node. */
  readonly uid: string;
  /** Empty for Nodes. */
  readonly namespace: string;
  /** Name of the Pod (also for a Container), of the Workload, or of the Node. */
  readonly name: string;
  /** Containers only: its name in the pod. */
  readonly container?: string;
  readonly node?: string | undefined;
  /** The controller at the top of the owner chain. */
  readonly workload?:
    | {
        readonly apiVersion: string;
        readonly kind: string;
        readonly name: string;
        readonly uid: string;
      }
    | undefined;
  /** Labels of the Pod (also for a Container), of the Workload, or of the Node. */
  readonly labels: Readonly<Record<string, string>>;
  /** When it started, in milliseconds since the epoch; a restarted container starts anew. Decides about warm-up. */
  readonly startedMs?: number | undefined;
}

/** The targets that the samples of one row count for. A container's row counts for its pod, workload and node too. */
export type RowIdentity = { readonly [K in TargetKind]?: Target | undefined };
