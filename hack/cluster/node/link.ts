import { writeFileSync } from 'node:fs';
import { MAX_NODES, nodeNetwork, ownerMark, type Network } from '../network.ts';
import { run } from '../process/command.ts';

/**
 * Makes the bridge of the node network of the cluster in `directory`, writes on it whose it is, and gives the machine its
 * address on it; nothing changes when it is there.
 */
export async function makeBridge({ bridge, gateway }: Network, directory: string): Promise<void> {
  if (!(await exists(bridge))) await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await run('ip', ['link', 'set', bridge, 'alias', ownerMark(directory)]);
  await run('ip', ['addr', 'replace', `${gateway}/24`, 'dev', bridge]);
  await run('ip', ['link', 'set', bridge, 'up']);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  // kubelet and containerd watch many files; the usual limit of 128 instances is reached with two nodes
  writeFileSync('/proc/sys/fs/inotify/max_user_instances', '8192');
  writeFileSync('/proc/sys/fs/inotify/max_user_watches', '1048576');
}

/** Removes the bridge and the node devices that are left on it. */
export async function removeBridge(net: Network): Promise<void> {
  for (let number = 1; number <= MAX_NODES; number++) await removeLink(net, number);
  await remove(net.bridge);
}

/** Connects a node's network namespace (that of process `pid`) with the bridge, and routes its pods. */
export async function makeLink(net: Network, number: number, pid: number): Promise<void> {
  const { address, pods, device } = nodeNetwork(net, number);
  await removeLink(net, number);
  await run('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
  await run('ip', ['link', 'set', device, 'master', net.bridge, 'up']);
  const others = Array.from({ length: MAX_NODES }, (_, index) => index + 1).filter((other) => other !== number);
  const inside = [
    `addr add ${address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${net.gateway}`,
    ...others.map((other) => nodeNetwork(net, other)).map((other) => `route add ${other.pods} via ${other.address}`),
  ];
  await run('nsenter', ['-t', String(pid), '-n', 'ip', '-batch', '-'], { input: `${inside.join('\n')}\n` });
  await run('nsenter', ['-t', String(pid), '-n', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  await run('ip', ['route', 'replace', pods, 'via', address]);
}

/** Removes a node's device; its routes go with it. */
export async function removeLink(net: Network, number: number): Promise<void> {
  await remove(nodeNetwork(net, number).device);
}

/** Takes a node's link down (cut) or up (join): a network partition. */
export async function setLink(net: Network, number: number, state: 'up' | 'down'): Promise<void> {
  await run('ip', ['link', 'set', nodeNetwork(net, number).device, state]);
}

/** The end of a namespace takes its devices with it, a moment later: gone meanwhile is as good as removed. */
async function remove(device: string): Promise<void> {
  if (!(await exists(device))) return;
  await run('ip', ['link', 'del', device]).catch(async (error: unknown) => {
    if (await exists(device)) throw error;
  });
}

const exists = (device: string): Promise<boolean> =>
  run('ip', ['link', 'show', device]).then(
    () => true,
    () => false,
  );
