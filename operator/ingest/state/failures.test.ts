import { expect } from 'chai';
import type { ContainerState, ContainerStatus } from '../views.ts';
import { Failures } from './failures.ts';

const ended = (run: number, exitCode = 1): ContainerState => ({
  terminated: { exitCode, containerID: `containerd://${run}`, finishedAt: `2026-01-01T00:00:0${run}Z` },
});
const running: ContainerState = { running: {} };
const status = (state: ContainerState, lastState?: ContainerState): ContainerStatus => ({
  name: 'app',
  state,
  ...(lastState && { lastState }),
});

describe('Failures', () => {
  const backOff: ContainerState = { waiting: { reason: 'CrashLoopBackOff' } };
  const cases: [name: string, looks: (ContainerStatus | undefined)[], counts: number[]][] = [
    ['a healthy container', [undefined, status(running), status(running)], [0, 0, 0]],
    [
      'one end, seen in each of its places',
      [status(running), status(ended(1)), status(backOff, ended(1)), status(running, ended(1))],
      [0, 1, 1, 1],
    ],
    ['an end whose first place was not seen', [status(running), status(running, ended(1))], [0, 1]],
    ['two ends between two looks', [status(running), status(ended(2), ended(1))], [0, 2]],
    [
      'one after the other',
      [
        status(running),
        status(ended(1)),
        status(running, ended(1)),
        status(ended(2), ended(1)),
        status(backOff, ended(2)),
      ],
      [0, 1, 1, 2, 2],
    ],
    ['ends with exit code 0', [status(running), status(ended(1, 0)), status(running, ended(1, 0))], [0, 0, 0]],
    ['a failure after a success', [status(running, ended(1, 0)), status(ended(2), ended(1, 0))], [0, 1]],
    ['what had happened before the first look', [status(running, ended(1)), status(ended(2), ended(1))], [0, 1]],
    ['a container that fails at its first sight, in a pod that was seen before', [undefined, status(ended(1))], [0, 1]],
  ];
  for (const [name, looks, counts] of cases) {
    it(name, () => {
      const failures = new Failures();
      expect(looks.map((look, nth) => failures.look('uid', 'app', look, nth === 0))).to.deep.equal(counts);
    });
  }

  it('forgets pods', () => {
    const failures = new Failures();
    expect(failures.look('uid', 'app', status(ended(1)), false)).to.equal(1);
    failures.forget('uid');
    expect(failures.look('uid', 'app', status(ended(1)), true)).to.equal(0);
  });
});
