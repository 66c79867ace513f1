import { expect } from 'chai';
import { metrics } from '../../../engine/metrics.ts';
import type { ContainerStatus, NodeView, PodView, WorkloadView } from '../views.ts';
import { containerSamples, inColumnOrder, nodeSamples, podSamples, stateColumns, workloadSamples } from './samples.ts';

const metadata = { name: 'x' };
const node = (status: NodeView['status'], unschedulable?: boolean): NodeView => ({
  metadata,
  spec: unschedulable === undefined ? {} : { unschedulable },
  status,
});
const pod = (status: PodView['status']): PodView => ({ metadata, spec: { containers: [] }, status });
const container = (status: Partial<ContainerStatus>): ContainerStatus => ({ name: 'app', ...status });
const ended = (reason: string, exitCode = 1) => ({ terminated: { reason, exitCode } });

describe('state samples', () => {
  it('tell every state metric of the catalogue', () => {
    const told = {
      ...nodeSamples(node({}), 0),
      ...podSamples(pod({}), 0),
      ...containerSamples(undefined, 0),
      ...workloadSamples({ metadata, kind: 'Deployment', apiVersion: 'apps/v1', desired: 0, available: 0 }),
    };
    const wanted = metrics.filter(({ producer }) => producer === 'state').map(({ name }) => name);
    expect(Object.keys(told).sort()).to.deep.equal([...wanted].sort());
    expect(stateColumns.map(({ metric }) => metric).sort()).to.deep.equal([...wanted].sort());
  });

  const conditions: [status: 'True' | 'False' | 'Unknown' | undefined, code: number][] = [
    ['True', 1],
    ['False', 0],
    ['Unknown', -1],
    [undefined, -1],
  ];
  for (const [status, code] of conditions) {
    it(`condition ${status ?? 'absent'} is ${code}`, () => {
      const found = { conditions: status === undefined ? [] : [{ type: 'Ready', status }] };
      expect(nodeSamples(node(found), 0)['k8s.node.condition_ready']).to.equal(code);
      expect(podSamples(pod(found), 0)['k8s.pod.ready']).to.equal(code);
    });
  }

  it('a cordoned node', () => {
    expect(nodeSamples(node({}, true), 0)['k8s.node.unschedulable']).to.equal(1);
    expect(nodeSamples(node({}), 0)['k8s.node.unschedulable']).to.equal(0);
  });

  it('problems of a node are its true conditions, but those of the kubelet', () => {
    const condition = (type: string, status: 'True' | 'False') => ({ type, status });
    const kubelets = [condition('Ready', 'True'), condition('MemoryPressure', 'True')];
    const others = [
      condition('KernelDeadlock', 'True'),
      condition('NetworkUnavailable', 'True'),
      condition('FrequentKubeletRestart', 'False'),
    ];
    const problems = (conditions: NodeView['status']['conditions']): unknown =>
      nodeSamples(node({ ...(conditions && { conditions }) }), 0)['k8s.node.problems'];
    expect([undefined, kubelets, [...kubelets, ...others]].map(problems)).to.deep.equal([0, 0, 2]);
  });

  const phases: [string | undefined, number][] = [
    [undefined, 0],
    ['Pending', 0],
    ['Running', 1],
    ['Succeeded', 2],
    ['Failed', 3],
    ['Unknown', 4],
    ['Mystery', 4],
  ];
  for (const [phase, code] of phases) {
    it(`phase ${phase ?? 'absent'} is ${code}`, () => {
      expect(podSamples(pod(phase === undefined ? {} : { phase }), 0)['k8s.pod.phase']).to.equal(code);
    });
  }

  const waiting: [name: string, status: ContainerStatus | undefined, code: number][] = [
    ['no status', undefined, 1],
    ['running', container({ state: { running: {} } }), 0],
    ['ended', container({ state: ended('Error') }), 0],
    ['PodInitializing', container({ state: { waiting: { reason: 'PodInitializing' } } }), 1],
    ['CrashLoopBackOff', container({ state: { waiting: { reason: 'CrashLoopBackOff' } } }), 2],
    ['ImagePullBackOff', container({ state: { waiting: { reason: 'ImagePullBackOff' } } }), 3],
    ['CreateContainerConfigError', container({ state: { waiting: { reason: 'CreateContainerConfigError' } } }), 4],
    ['another reason', container({ state: { waiting: { reason: 'InvalidImageName' } } }), 5],
  ];
  for (const [name, status, code] of waiting) {
    it(`waiting: ${name} is ${code}`, () => {
      expect(containerSamples(status, 0)['k8s.container.status.waiting']).to.equal(code);
    });
  }

  const ends: [name: string, status: ContainerStatus | undefined, code: number][] = [
    ['none', container({ state: { running: {} } }), 0],
    ['Completed', container({ state: ended('Completed', 0) }), 1],
    ['Error, restarted since', container({ state: { running: {} }, lastState: ended('Error') }), 2],
    ['OOMKilled', container({ lastState: ended('OOMKilled', 137) }), 3],
    ['the present end before the last one', container({ state: ended('OOMKilled'), lastState: ended('Error') }), 3],
    ['another reason', container({ lastState: ended('StartError') }), 4],
  ];
  for (const [name, status, code] of ends) {
    it(`end: ${name} is ${code}`, () => {
      expect(containerSamples(status, 0)['k8s.container.status.terminated']).to.equal(code);
    });
  }

  it('workloads never lack fewer pods than none', () => {
    const workload: WorkloadView = { metadata, kind: 'Deployment', apiVersion: 'apps/v1', desired: 1, available: 3 };
    expect([...inColumnOrder('Workload', workloadSamples(workload))]).to.deep.equal([1, 3, 0]);
  });
});
