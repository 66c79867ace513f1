import { parse } from 'yaml';

/** A pod that is pretended to run. */
export interface VirtualPod {
  readonly node: string;
  readonly uid: string;
  /** Runtime ids, or names where there are no ids. */
  readonly containers: readonly string[];
}

export class PopulationError extends Error {
  override readonly name = 'PopulationError';
}

/**
 * Names of nodes, comma-separated; `fake-0..99` are a hundred.
 *
 * @throws PopulationError
 */
export function parseNodes(text: string): string[] {
  return text.split(',').flatMap((part) => {
    const [, prefix = '', first = '', last = ''] = /^(.*?)(\d+)\.\.(\d+)$/.exec(part.trim()) ?? [];
    if (first === '') {
      if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part.trim()))
        throw new PopulationError(`${JSON.stringify(part)} is no name of a node, and no range such as fake-0..99`);
      return [part.trim()];
    }
    const count = Number(last) - Number(first) + 1;
    if (count < 1 || count > 20_000) throw new PopulationError(`${part} is a range of ${count} nodes`);
    return Array.from({ length: count }, (_, index) => `${prefix}${Number(first) + index}`);
  });
}

/** So many pods a node, of one container each, with the same UIDs whenever they are made. */
export const madeUp = (nodes: readonly string[], podsPerNode: number): VirtualPod[] =>
  nodes.flatMap((node, nodeNumber) =>
    Array.from({ length: podsPerNode }, (_, number) => {
      const hex = (nodeNumber * 1000 + number).toString(16);
      return {
        node,
        uid: `00000000-0000-4000-8000-${hex.padStart(12, '0')}`,
        containers: [hex.padStart(64, 'c')],
      };
    }),
  );

/**
 * Pods as the API server tells them: the output of `kubectl get pods -A -o json` (or yaml). Those without a node are left
 * out.
 *
 * @throws PopulationError
 */
export function podsOf(text: string): VirtualPod[] {
  const items = field(parseAny(text), 'items');
  if (!Array.isArray(items))
    throw new PopulationError('it has no items: give the output of kubectl get pods -A -o json');
  return items.flatMap((pod: unknown, index) => {
    const uid = field(field(pod, 'metadata'), 'uid');
    const node = field(field(pod, 'spec'), 'nodeName');
    if (typeof uid !== 'string') throw new PopulationError(`items[${index}] has no metadata.uid`);
    if (typeof node !== 'string') return [];
    const statuses = listOf(field(field(pod, 'status'), 'containerStatuses'));
    const specs = listOf(field(field(pod, 'spec'), 'containers'));
    const ids = statuses.flatMap((status) => /:\/\/([0-9a-f]+)$/.exec(String(field(status, 'containerID')))?.[1] ?? []);
    const names = specs.flatMap((container) => {
      const name = field(container, 'name');
      return typeof name === 'string' ? [name] : [];
    });
    return [{ node, uid, containers: ids.length > 0 ? ids : names }];
  });
}

function parseAny(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new PopulationError(`it is neither JSON nor YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
