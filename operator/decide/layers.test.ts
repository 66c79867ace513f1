import { expect } from 'chai';
import type { RecordedChange, Remediation, RemediationStatus } from '../../crds/remediation.ts';
import { remediation } from './harness.test.ts';
import { isUncovered, layerOf, restorerOf } from './layers.ts';

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-web' };
const field = { object, path: '/spec/replicas' };
const ours = 'homeostat/homeostat-system/a';

/** A Remediation that replaced the value of `below`. */
const on = (
  name: string,
  below: string | undefined,
  status: RemediationStatus = {},
  undo?: RecordedChange['undo'],
): Remediation => {
  const change = {
    ...field,
    from: '3',
    to: '4',
    ...(below === undefined ? {} : { fromManagers: [below] }),
    ...(undo === undefined ? {} : { undo }),
  };
  return {
    ...remediation([], {}, name),
    status: { steps: [{ name: 's', state: 'Applied', changes: [change] }], ...status },
  };
};
const skipped = (made: Remediation): Remediation => {
  const changes = made.status?.steps?.[0]?.changes ?? [];
  return { ...made, status: { steps: [{ name: 's', state: 'Skipped', changes }] } };
};
const finishedTime = '2026-01-01T00:00:00Z';
const wished = (made: Remediation): Remediation => ({
  ...made,
  spec: { ...made.spec, undoRequested: { by: 'alice', reason: 'not the cause' } },
});
const undone = (reason: string): RemediationStatus => ({
  finishedTime: '2026-01-01T00:00:00Z',
  conditions: [{ type: 'Undone', status: 'False', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
});

describe('layerOf', () => {
  const cases: [what: string, by: string | undefined, snapshot: Remediation[] | undefined, layer: string][] = [
    ['a person', 'kubectl', [], 'Foreign'],
    ['nobody on record', undefined, [], 'Foreign'],
    ['a Remediation that is no more', 'homeostat/homeostat-system/b', [], 'Foreign'],
    ['a Remediation that replaced a person’s value', 'homeostat/homeostat-system/b', [on('b', 'kubectl')], 'Foreign'],
    ['one of that name in another namespace', 'homeostat/shop/b', [on('b', ours)], 'Foreign'],
    ['one that replaced ours and runs', 'homeostat/homeostat-system/b', [on('b', ours)], 'Passing'],
    [
      'one that replaced ours and keeps its value',
      'homeostat/homeostat-system/b',
      [on('b', ours, { finishedTime })],
      'Lasting',
    ],
    [
      'one that replaced ours and is to be taken back on a wish not yet seen to',
      'homeostat/homeostat-system/b',
      [wished(on('b', ours, { finishedTime }))],
      'Passing',
    ],
    [
      'one that replaced ours and could not be taken back as was wished',
      'homeostat/homeostat-system/b',
      [wished(on('b', ours, undone('Irreversible'), { state: 'Irreversible' }))],
      'Lasting',
    ],
    [
      'one that replaced ours, was taken back in part, and is to be taken back for the rest',
      'homeostat/homeostat-system/b',
      [wished(on('b', ours, undone('Undone')))],
      'Passing',
    ],
    [
      'one that replaced ours and is taken back later',
      'homeostat/homeostat-system/b',
      [on('b', ours, undone('Scheduled'))],
      'Passing',
    ],
    [
      'one that replaced ours and stays',
      'homeostat/homeostat-system/b',
      [on('b', ours, undone('Irreversible'))],
      'Lasting',
    ],
    [
      'one that replaced ours, cannot take that back, and takes other things back',
      'homeostat/homeostat-system/b',
      [wished(on('b', ours, undone('UndoFailed'), { state: 'Irreversible' }))],
      'Lasting',
    ],
    [
      'one that replaced that of one that replaced ours',
      'homeostat/homeostat-system/c',
      [on('b', ours), on('c', 'homeostat/homeostat-system/b')],
      'Passing',
    ],
    [
      'two that replaced each other’s',
      'homeostat/homeostat-system/c',
      [on('b', 'homeostat/homeostat-system/c'), on('c', 'homeostat/homeostat-system/b')],
      'Foreign',
    ],
    [
      'one that replaced ours and has given it back',
      'homeostat/homeostat-system/b',
      [on('b', ours, { finishedTime }, { state: 'Done' })],
      'Unknown',
    ],
    ['one whose record is not seen yet', 'homeostat/homeostat-system/b', [remediation([], {}, 'b')], 'Unknown'],
    ['one, and no snapshot', 'homeostat/homeostat-system/b', undefined, 'Unknown'],
  ];
  for (const [what, by, snapshot, layer] of cases)
    it(`${what}: ${layer}`, () => expect(layerOf(ours, field, by, snapshot)).to.equal(layer));
});

describe('isUncovered', () => {
  const b = 'homeostat/homeostat-system/b';
  const done = { state: 'Done' } as const;
  const shared = (): Remediation => {
    const made = on('b', ours, {}, done);
    for (const { changes = [] } of made.status?.steps ?? [])
      for (const change of changes) change.fromManagers = [ours, 'kubectl'];
    return made;
  };
  /** Of two steps, each of which replaced the value of one below, in their order. */
  const twice = (...steps: [below: string, undo: 'Done' | 'Superseded' | 'Pending'][]): Remediation => {
    const changes = steps.flatMap(([below, state]) => on('b', below, {}, { state }).status?.steps?.[0]?.changes ?? []);
    return { ...on('b', ours), status: { steps: [{ name: 's', state: 'Applied', changes }] } };
  };
  const cases: [what: string, by: string | undefined, snapshot: Remediation[] | undefined, uncovered: boolean][] = [
    [
      'one has given our second value back, and left us the first',
      b,
      [twice([ours, 'Superseded'], [ours, 'Done'])],
      true,
    ],
    ['one has given back what it did twice', b, [twice([ours, 'Done'], [b, 'Done'])], true],
    ['one has given back half of what it did twice', b, [twice([ours, 'Pending'], [b, 'Done'])], false],
    ['one has given our value back', b, [on('b', ours, {}, done)], true],
    ['one keeps its own', b, [on('b', ours)], false],
    ['one is taking it back', b, [on('b', ours, {}, { state: 'Pending' })], false],
    ['one has given a person’s back', b, [on('b', 'kubectl', {}, done)], false],
    ['one has put it back in its own name, because a person wanted it too', b, [shared()], false],
    [
      'one has given back that of another one on top of ours',
      'homeostat/homeostat-system/c',
      [on('b', ours), on('c', b, {}, done)],
      true,
    ],
    ['one is no more', b, [], false],
    ['a person had it', 'kubectl', [], false],
  ];
  for (const [what, by, snapshot, uncovered] of cases)
    it(`${what}: ${uncovered}`, () => expect(isUncovered(ours, field, by, snapshot)).to.equal(uncovered));
});

describe('restorerOf', () => {
  const b = 'homeostat/homeostat-system/b';
  const c = 'homeostat/homeostat-system/c';
  /** Steps of b on the field, in their order. */
  const steps = (...all: [below: string, to: string, undo?: 'Done'][]): Remediation => {
    const changes = all.flatMap(([below, to, state]): RecordedChange[] => {
      const undo = state === undefined ? {} : { undo: { state } };
      return [{ ...field, to, fromManagers: [below], ...undo }];
    });
    return { ...on('b', ours), status: { steps: [{ name: 's', state: 'Applied', changes }] } };
  };
  const cases: [what: string, from: string, snapshot: Remediation[] | undefined, restorer: unknown][] = [
    ['nobody is on top', '4', [], undefined],
    ['one put back what was there before us', '4', [on('b', ours)], b],
    ['one put something else there', '5', [on('b', ours)], undefined],
    ['one put it there on top of somebody else', '4', [on('b', 'kubectl')], undefined],
    ['one has taken it back again', '4', [on('b', ours, {}, { state: 'Done' })], undefined],
    ['one is taking it back', '4', [on('b', ours, {}, { state: 'Pending' })], b],
    ['an own step put it there on top of another', '4', [on('a', ours)], undefined],
    ['one would have put it there', '4', [skipped(on('b', ours))], undefined],
    ['there is no snapshot', '4', undefined, undefined],
    ['one put it back in its second step', '4', [steps([ours, '5'], [b, '4'])], b],
    ['one has taken back the step that put it there', '4', [steps([ours, '5'], [b, '4', 'Done'])], undefined],
    [
      'one put it there before us, and something else on top of us',
      '4',
      [steps(['kubectl', '4'], [ours, '5'])],
      undefined,
    ],
    ['one put it back on top of one that is on top of us', '4', [steps([c, '4']), on('c', ours)], b],
    ['one put it back on top of one that is on top of a person', '4', [steps([c, '4']), on('c', 'kubectl')], undefined],
  ];
  for (const [what, from, snapshot, restorer] of cases)
    it(`${what}: ${String(restorer)}`, () => expect(restorerOf(ours, { ...field, from }, snapshot)).to.equal(restorer));
});
