import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { node } from '../testing/fixtures.ts';
import type { Target } from './action.ts';
import type { Live } from './live.ts';
import { Node } from './resources.ts';
import { live, planOf, podTarget, short } from './testing.ts';

const target: Target = { kind: 'Node', name: 'node-1', uid: 'n' };
const tainted = (...taints: { key: string; value?: string; effect: string }[]): Live =>
  live([Node, node({ uid: 'n' }, { taints })]);
const taint = (value?: string): PlanStep['action'] => ({
  taint: { key: 'bad', effect: 'NoSchedule', ...(value === undefined ? {} : { value }) },
});
const added = (value = ''): string[] => [
  `/spec/taints/[key=bad,effect=NoSchedule]: absent -> {"key":"bad",${value}"effect":"NoSchedule","timeAdded":"2026-01-31T08:15:00Z"}`,
];

describe('taint', () => {
  const table: [what: string, action: PlanStep['action'], world: Live, expected: string | string[]][] = [
    ['puts its own beside none', taint(), live([Node, node({ uid: 'n' })]), added()],
    ['bears its value', taint('disk'), live([Node, node({ uid: 'n' })]), added('"value":"disk",')],
    ['leaves others alone', taint(), tainted({ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }), added()],
    ['is another one than that of another effect', taint(), tainted({ key: 'bad', effect: 'NoExecute' }), added()],
    ['has nothing to do when it is there', taint(), tainted({ key: 'bad', effect: 'NoSchedule' }), 'Nothing'],
    ['takes an empty value for none', taint(), tainted({ key: 'bad', value: '', effect: 'NoSchedule' }), 'Nothing'],
    [
      'does not overwrite another value',
      taint('disk'),
      tainted({ key: 'bad', value: 'fan', effect: 'NoSchedule' }),
      'Refused TaintTaken',
    ],
    [
      'leaves a node that somebody takes away',
      taint(),
      tainted({ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }),
      'Refused HandledByOthers',
    ],
    ['leaves a node that is gone', taint(), live([Node, 'Absent', 'node-1']), 'Refused TargetGone'],
    ['leaves a node that was replaced', taint(), live([Node, node({ uid: 'other' })]), 'Refused TargetReplaced'],
  ];
  for (const [what, action, world, expected] of table)
    it(what, () => expect(short(planOf(action, target, world))).to.deep.equal(expected));

  it('is put on the node of a pod', () =>
    expect(short(planOf(taint(), podTarget(), live([Node, node({ uid: 'n' })])))).to.deep.equal(added()));
});
