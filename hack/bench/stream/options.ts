import { parseArgs } from 'node:util';

/** How large the simulated cluster is, and where. */
export interface WorldOptions {
  /** The control plane that has the nodes and pods; empty: `world.ts` is one itself, and makes them. */
  readonly kubeconfig: string;
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Pods that are replaced each second, over the whole cluster. */
  readonly churn: number;
  readonly natsUrl: string;
}

/** The arguments of `world.ts` for these options. */
export const worldArguments = ({ kubeconfig, nodes, podsPerNode, churn, natsUrl }: WorldOptions): string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--nodes=${nodes}`,
  `--pods-per-node=${podsPerNode}`,
  `--churn=${churn}`,
  `--nats-url=${natsUrl}`,
];

/** Reads them back. */
export const parseWorld = (argv: readonly string[]): WorldOptions => {
  const text = { type: 'string', default: '' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: { kubeconfig: text, nodes: text, 'pods-per-node': text, churn: text, 'nats-url': text },
  });
  return {
    kubeconfig: values.kubeconfig,
    nodes: Number(values.nodes),
    podsPerNode: Number(values['pods-per-node']),
    churn: Number(values.churn),
    natsUrl: values['nats-url'],
  };
};

/** A line that `world.ts` prints: once where the API server is, then each second what it has sent. */
export type WorldLine =
  | { readonly kubeconfig: string }
  | {
      readonly atMs: number;
      readonly framesStored: number;
      /** Frames that it could not hand over in time and threw away. */
      readonly framesDropped: number;
      /** Containers that the nodes speak of now. */
      readonly rows: number;
      readonly podsReplaced: number;
    };
