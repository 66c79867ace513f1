import { expect } from 'chai';
import { controllerReference, pod, type PodFixture } from '../testing/fixtures.ts';
import { PackedPod } from './packed-pod.ts';
import { sharing } from './share.ts';
import { podView, type PodView } from './views.ts';

const said = ({ metadata, spec, status, kubeletUid }: PodView) => ({
  metadata,
  spec,
  status,
  ...(kubeletUid !== undefined && { kubeletUid }),
});
const status = (name: string, change: object = {}) => ({ ...pod().status.containerStatuses[0], name, ...change });
const id = 'containerd://' + '0a1b2c3d'.repeat(8);
const startedAt = '2026-02-03T04:05:06Z';
const withStatus = (change: object): PodFixture => {
  const made = pod({ uid: 'u', resourceVersion: '7' });
  return { ...made, status: { ...made.status, ...change } };
};

describe('PackedPod', () => {
  const cases: [name: string, raw: Parameters<typeof podView>[0]][] = [
    ['a pod', pod({ uid: 'u', resourceVersion: '7' })],
    ['of a workload', pod({ uid: 'u', ownerReferences: [controllerReference('apps/v1', 'ReplicaSet', 'web', 'rs')] })],
    ['of a version that is no number', pod({ uid: 'u', resourceVersion: '007' })],
    ['a static one', pod({ uid: 'u', annotations: { 'kubernetes.io/config.mirror': '0123456789abcdef' } })],
    ['one that hardly exists', { metadata: { name: 'p' } }],
    ['one that ends', pod({ deletionTimestamp: startedAt })],
    ['with a start', withStatus({ startTime: startedAt })],
    ['with the start of another form', withStatus({ startTime: '2026-02-03T04:05:06.789Z' })],
    ['with a start that is none', withStatus({ startTime: 'soon' })],
    ['with an id', withStatus({ containerStatuses: [status('app', { containerID: id })] })],
    ['with an id of another form', withStatus({ containerStatuses: [status('app', { containerID: 'x://0a1' })] })],
    ['with an empty id', withStatus({ containerStatuses: [status('app', { containerID: '' })] })],
    [
      'with several containers, not all of which have begun',
      withStatus({
        containerStatuses: [
          status('a', { containerID: undefined, state: { waiting: { reason: 'ContainerCreating' } } }),
          status('b', { containerID: id, state: { running: { startedAt } } }),
        ],
        initContainerStatuses: [
          status('c', { containerID: `${id}ff`, state: { terminated: { exitCode: 0, containerID: id, startedAt } } }),
        ],
      }),
    ],
    [
      'with one that has ended before',
      withStatus({
        containerStatuses: [status('app', { restartCount: 1, lastState: { terminated: { exitCode: 1, startedAt } } })],
      }),
    ],
    [
      'with one that runs since nobody knows when',
      withStatus({ containerStatuses: [status('app', { state: { running: {} } })] }),
    ],
    [
      'with one whose start is not set, which is null on the wire',
      withStatus({ containerStatuses: [status('app', { state: { running: { startedAt: null } } })] }),
    ],
    ['with no statuses', withStatus({ containerStatuses: [] })],
  ];
  for (const [name, raw] of cases)
    it(`says what its view does: ${name}`, () => {
      const view = podView(raw);
      expect(said(new PackedPod(view, sharing()))).to.deep.equal(said(view));
    });

  it('has in common with others what is alike', () => {
    const share = sharing();
    const [a, b] = ['a', 'b'].map((name) => new PackedPod(podView(pod({ name, uid: name })), share));
    expect(a?.metadata.name).not.to.equal(b?.metadata.name);
    expect(a?.metadata.labels).to.equal(b?.metadata.labels);
    expect(a?.spec.containers).to.equal(b?.spec.containers);
    expect(a?.status.conditions).to.equal(b?.status.conditions);
  });
});
