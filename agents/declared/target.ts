import { isIPv6 } from 'node:net';
import type { NodePod } from '../kubelet/pods.ts';

/** Where a pod tells its metrics. */
export interface ScrapeTarget {
  readonly url: string;
  /** The container that has the port; undefined when none says so and there are several. */
  readonly container: string | undefined;
}

/**
 * Where a pod with the annotation `prometheus.io/scrape: "true"` is to be asked, by `prometheus.io/port`, `/path` and
 * `/scheme`: always at an address of its own. Without a port it is the first one that a container says it has. A text
 * says what is wrong with the annotations; undefined: it does not want to be asked, or does not run.
 */
export function targetOf(pod: NodePod): ScrapeTarget | string | undefined {
  const { annotations, containers, isRunning } = pod;
  const [address] = pod.addresses;
  if (annotations['prometheus.io/scrape'] !== 'true' || !isRunning || address === undefined) return undefined;
  const scheme = annotations['prometheus.io/scheme'] ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') return `prometheus.io/scheme must be http or https, not ${scheme}`;
  const said = annotations['prometheus.io/port'];
  const port = said === undefined ? containers.flatMap(({ ports }) => ports)[0] : Number(said);
  if (port === undefined) return 'prometheus.io/port is missing, and no container says that it has a port';
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `prometheus.io/port must be a port, not ${said}`;
  const path = annotations['prometheus.io/path'] ?? '/metrics';
  const host = isIPv6(address) ? `[${address}]` : address;
  return {
    url: `${scheme}://${host}:${port}${path.startsWith('/') ? '' : '/'}${path}`,
    container: containerWith(pod, port),
  };
}

/** The container that has a port; the only one there is may have it without saying so. */
function containerWith({ containers }: NodePod, port: number): string | undefined {
  const with_ = containers.find(({ ports }) => ports.includes(port));
  return with_?.name ?? onlyContainer({ containers });
}

/** The name of a pod's container, if it has no other. */
export const onlyContainer = ({ containers }: Pick<NodePod, 'containers'>): string | undefined =>
  containers.length === 1 ? containers[0]?.name : undefined;
