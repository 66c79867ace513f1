/** A pod of the node, as far as it matters for what it tells of itself. */
export interface NodePod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** All its addresses, the first one first; with the node's network, those of the node. */
  readonly addresses: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Those that run beside each other: sidecars and main containers, with the ports they say they have. */
  readonly containers: readonly { readonly name: string; readonly ports: readonly number[] }[];
}

/** The pods in a kubelet's answer at /pods. Throws a TypeError when it is no list of pods. */
export function podsOf(answer: unknown): readonly NodePod[] {
  const { items } = object(answer);
  // A kubelet without pods says null.
  if (items !== null && !Array.isArray(items)) throw new TypeError('it has no "items"');
  return list(items)
    .map(podOf)
    .filter(({ uid }) => uid !== '');
}

function podOf(pod: unknown): NodePod {
  const { metadata, spec, status } = object(pod);
  const { uid, namespace, name, annotations } = object(metadata);
  const { containers, initContainers } = object(spec);
  const { phase, podIP, podIPs } = object(status);
  const sidecars = list(initContainers).filter((each) => object(each)['restartPolicy'] === 'Always');
  const addresses = [podIP, ...list(podIPs).map((each) => object(each)['ip'])].map(text);
  return {
    uid: text(uid),
    namespace: text(namespace),
    name: text(name),
    isRunning: phase === 'Running',
    addresses: [...new Set(addresses)].filter((address) => address !== ''),
    annotations: Object.fromEntries(
      Object.entries(object(annotations))
        .filter(([key]) => key.startsWith('prometheus.io/'))
        .map(([key, value]) => [key, text(value)]),
    ),
    containers: [...sidecars, ...list(containers)].map(containerOf),
  };
}

function containerOf(container: unknown): NodePod['containers'][number] {
  const { name, ports } = object(container);
  const numbers = list(ports)
    .map(object)
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ containerPort }) => containerPort);
  return { name: text(name), ports: numbers.filter((port): port is number => typeof port === 'number') };
}

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
