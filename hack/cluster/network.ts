import { readFileSync } from 'node:fs';

/** Addresses of one cluster. Every cluster of the machine has a number, and all its networks follow from it. */
export interface Network {
  readonly index: number;
  /** The bridge all real nodes are connected to. */
  readonly bridge: string;
  /** The machine's own address on it: the control plane as nodes and pods see it. */
  readonly gateway: string;
  readonly nodes: string;
  readonly pods: string;
}

/** Service addresses; they exist only inside nodes, so all clusters use the same. */
export const SERVICES = '10.96.0.0/16';
/** The address of the API server's own Service. */
export const API_SERVICE = '10.96.0.1';
/** As many clusters can exist at once; 172.30.0.0 to 172.30.31.0 and 10.64.0.0 to 10.95.0.0 are theirs. */
export const MAX_CLUSTERS = 32;
/** Real nodes of one cluster. */
export const MAX_NODES = 9;

/** The addresses of cluster number `index`. */
export function network(index: number): Network {
  return {
    index,
    bridge: `hs${index}`,
    gateway: `172.30.${index}.1`,
    nodes: `172.30.${index}.0/24`,
    pods: `10.${64 + index}.0.0/16`,
  };
}

/** Address, pod range and network device of real node `number` (from 1). */
export function nodeNetwork({ index }: Network, number: number): { address: string; pods: string; device: string } {
  return {
    address: `172.30.${index}.${10 + number}`,
    pods: `10.${64 + index}.${number}.0/24`,
    device: `hs${index}n${number}`,
  };
}

/** The first number that no other cluster has and whose ranges no route of the machine overlaps; `preferred` before all. */
export function pickIndex(taken: readonly number[], routes: readonly Range[], preferred?: number): number | undefined {
  const all = Array.from({ length: MAX_CLUSTERS }, (_, index) => index);
  const order = preferred === undefined ? all : [preferred, ...all];
  return order.find((index) => !taken.includes(index) && isFree(index, routes));
}

/** Whether no route of the machine overlaps the ranges of this number. */
function isFree(index: number, routes: readonly Range[]): boolean {
  const { nodes, pods } = network(index);
  return !routes.some((route) => overlaps(route, parseRange(nodes)) || overlaps(route, parseRange(pods)));
}

/** An IPv4 network as numbers. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** `10.64.0.0/16` as a range. */
export function parseRange(cidr: string): Range {
  const [address = '', length = '32'] = cidr.split('/');
  const first = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return { first, last: first + 2 ** (32 - Number(length)) - 1 };
}

/** The routes of /proc/net/route (addresses in hexadecimal, bytes turned round), without the default route. */
export function parseRoutes(text: string): Range[] {
  const turned = (hex: string): number => Number.parseInt((hex.match(/../g) ?? []).reverse().join(''), 16);
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([, destination, , , , , , mask]) =>
      destination === undefined || mask === undefined || mask === '00000000'
        ? []
        : [{ first: turned(destination), last: turned(destination) + (0xffffffff - turned(mask)) }],
    );
}

/**
 * Whose bridge of that name there is on this machine, as `makeBridge` has written it there; undefined when there is none, or
 * nobody has. The routes of a bridge stay when its cluster was killed, and tell nobody whose they are.
 */
export function bridgeOwner({ bridge }: Pick<Network, 'bridge'>): string | undefined {
  try {
    return readFileSync(`/sys/class/net/${bridge}/ifalias`, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** What is written on the bridge of the cluster of a directory: as much of its end as the kernel takes. */
export const ownerMark = (directory: string): string => directory.slice(-255);

/** The IPv4 routes of this machine. */
export function machineRoutes(): Range[] {
  try {
    return parseRoutes(readFileSync('/proc/net/route', 'utf8'));
  } catch {
    return [];
  }
}

const overlaps = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;
