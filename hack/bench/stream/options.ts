import { parseArgs } from 'node:util';

/** How large the simulated cluster is. */
export interface WorldOptions {
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Pods that are replaced each second, over the whole cluster. */
  readonly churn: number;
  readonly natsUrl: string;
}

/** The arguments of `world.ts` for these options. */
export const worldArguments = ({ nodes, podsPerNode, churn, natsUrl }: WorldOptions): string[] => [
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
    options: { nodes: text, 'pods-per-node': text, churn: text, 'nats-url': text },
  });
  return {
    nodes: Number(values.nodes),
    podsPerNode: Number(values['pods-per-node']),
    churn: Number(values.churn),
    natsUrl: values['nats-url'],
  };
};

/** A line that `world.ts` prints: once where its API server is, then each second what it has sent. */
export type WorldLine =
  | { readonly kubeconfig: string }
  | {
      readonly atMs: number;
      readonly framesStored: number;
      /** Frames that it could not hand over in time and threw away. */
      readonly framesDropped: number;
      readonly framesQueued: number;
      readonly podsReplaced: number;
      readonly cpuSeconds: number;
    };
