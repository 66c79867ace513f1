import { expect } from 'chai';
import { containerId, isQos, podUid } from './layout.ts';

const id = 'ab12'.repeat(16);

describe('names of cgroups', () => {
  for (const [directory, uid] of [
    ['pod0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11', '0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11'],
    ['kubepods-pod0f3ac9b2_7d41_4c5e_9a55_3f1f5b0a7c11.slice', '0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11'],
    ['kubepods-burstable-pod0f3ac9b2_7d41.slice', '0f3ac9b2-7d41'],
    ['kubelet-kubepods-besteffort-pod0f3ac9b2_7d41.slice', '0f3ac9b2-7d41'],
    ['podd2f1c3a0b4e5f60718293a4b5c6d7e8f', 'd2f1c3a0b4e5f60718293a4b5c6d7e8f'], // a static pod
    ['burstable', undefined],
    ['kubepods-besteffort.slice', undefined],
    ['podman', undefined],
    ['pod', undefined],
  ] as const)
    it(`${directory} is ${uid === undefined ? 'no pod' : `pod ${uid}`}`, () => expect(podUid(directory)).to.equal(uid));

  for (const [directory, found] of [
    [id, id],
    [`cri-containerd-${id}.scope`, id],
    [`crio-${id}.scope`, id],
    [`crio-${id}`, id],
    [`docker-${id}.scope`, id],
    [`crio-conmon-${id}.scope`, undefined],
    ['init.scope', undefined],
    [id.slice(1), undefined],
  ] as const)
    it(`${directory} is ${found === undefined ? 'no container' : 'a container'}`, () =>
      expect(containerId(directory)).to.equal(found));

  for (const [directory, qos] of [
    ['burstable', true],
    ['kubepods-besteffort.slice', true],
    ['kubelet-kubepods-burstable.slice', true],
    ['kubepods-burstable-pod0f3ac9b2_7d41.slice', false],
  ] as const)
    it(`${directory} is ${qos ? 'a' : 'no'} class`, () => expect(isQos(directory)).to.equal(qos));
});
