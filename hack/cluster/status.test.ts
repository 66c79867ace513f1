import { expect } from 'chai';
import { formatStatus } from './status.ts';

describe('status', () => {
  it('shows what runs, which nodes are real, and what to export', () => {
    const lines = formatStatus({
      cluster: {
        name: 'dev',
        directory: '/s/dev',
        kubeconfig: '/s/dev/pki/admin.conf',
        apiserverUrl: 'https://127.0.0.1:6443',
        natsUrl: 'nats://172.30.0.1:4222',
        natsUrlFromPods: 'nats://172.30.0.1:4222',
        nodes: [
          { name: 'node1', real: true, address: '172.30.0.11' },
          ...Array.from({ length: 5 }, (_, number) => ({ name: `fake-${number}`, real: false })),
        ],
        obstacles: ['they need root'],
        bin: (program) => program,
      },
      parts: [
        { name: 'etcd', pid: 12, residentMiB: 40, ports: [2379, 2380] },
        { name: 'nats', pid: undefined, residentMiB: 0, ports: [4222] },
        { name: 'node1/kubelet', pid: 4_194_303, residentMiB: 1109, ports: [] },
      ],
    });
    expect(lines.join('\n')).to.equal(`cluster dev in /s/dev
  etcd                 pid 12         40 MiB  2379 2380
  nats                 does not run
  node1/kubelet        pid 4194303  1109 MiB
real nodes:      node1 (172.30.0.11)
  because they need root
simulated nodes: fake-0 to fake-4 (5)
export KUBECONFIG=/s/dev/pki/admin.conf
export HOMEOSTAT_NATS_URL=nats://172.30.0.1:4222
export PATH=/s/dev/bin:$PATH`);
  });
});
