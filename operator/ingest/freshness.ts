import type { Target } from '../../engine/evaluate/target.ts';
import type { SourceId } from '../../engine/frame/types.ts';
import { staleness, type Quality } from './quality.ts';
import { sourceKey } from './sources.ts';

type Producer = SourceId['producer'];

export interface FreshnessQuestion {
  readonly target: Pick<Target, 'kind' | 'node'>;
  /** Who measures what the policy asks for. */
  readonly producers: Iterable<Producer>;
  readonly staleAfterMs: number;
}

export interface FreshnessFacts {
  readonly quality: (sourceKey: string) => Quality | undefined;
  /** The stream’s time. */
  readonly nowMs: number;
  /** Names of all nodes; asked when a target is on none in particular. */
  readonly nodes: () => Iterable<string>;
}

const mostNamed = 3;

/**
 * What is wrong with the sources that could tell of a target, for a condition’s message, such as
 * `agent of node-1: no frame for 42 s`; undefined when all of them are fresh.
 */
export function whyUnknown(
  { target, producers, staleAfterMs }: FreshnessQuestion,
  facts: FreshnessFacts,
): string | undefined {
  const wrong: string[] = [];
  for (const producer of producers)
    for (const node of nodesOf(target, producer, facts)) {
      const stale = staleness(facts.quality(sourceKey({ producer, node })), facts.nowMs, staleAfterMs);
      if (stale !== undefined) wrong.push(`${speaker(producer, node)}: ${stale.message}`);
    }
  if (wrong.length === 0) return undefined;
  const named = wrong.slice(0, mostNamed).join('; ');
  return wrong.length > mostNamed ? `${named}; and ${wrong.length - mostNamed} more` : named;
}

/** A workload’s own figures come from the source of no node; what is measured on its pods may come from any. */
const nodesOf = (
  { kind, node }: FreshnessQuestion['target'],
  producer: Producer,
  facts: FreshnessFacts,
): Iterable<string> => {
  if (node !== undefined) return [node];
  return kind === 'Workload' && producer === 'agent' ? facts.nodes() : [''];
};

const speaker = (producer: Producer, node: string): string =>
  producer === 'agent' ? `agent of ${node}` : node === '' ? 'state of the cluster' : `state of ${node}`;
