import { expect } from 'chai';
import type { ActionParameters } from '../../crds/actions.ts';
import { deployment, node, pod } from '../testing/fixtures.ts';
import type { Live } from './live.ts';
import { Deployment, Node, Pod } from './resources.ts';
import { live, planOf, podTarget, short } from './testing.ts';

const meta = { name: 'web-1', uid: 'p', annotations: { 'example.com/owner': 'team a', old: '1' } };
const annotated = live([Pod, pod(meta)]);

describe('annotate', () => {
  const table: [what: string, params: ActionParameters<'annotate'>, world: Live, expected: string | string[]][] = [
    [
      'sets any text, and escapes the key',
      { of: 'Target', set: { 'example.com/why': 'two words, "quoted"' } },
      annotated,
      ['/metadata/annotations/example.com~1why: absent -> "two words, \\"quoted\\""'],
    ],
    [
      'keeps what was there',
      { of: 'Target', set: { 'example.com/owner': 'team b' } },
      annotated,
      ['/metadata/annotations/example.com~1owner: "team a" -> "team b"'],
    ],
    ['removes', { of: 'Target', remove: ['old'] }, annotated, ['/metadata/annotations/old: "1" -> absent']],
    ['has nothing to do when all is so', { of: 'Target', set: { old: '1' }, remove: ['absent'] }, annotated, 'Nothing'],
    [
      'changes the node of a pod',
      { of: 'Node', set: { a: 'b' } },
      live([Node, node({ uid: 'n' })]),
      ['/metadata/annotations/a: absent -> "b"'],
    ],
    [
      'changes the workload of a pod',
      { of: 'Workload', set: { a: 'b' } },
      live([Deployment, deployment({ uid: 'w' })]),
      ['/metadata/annotations/a: absent -> "b"'],
    ],
    ['leaves what is gone', { of: 'Pod', set: { a: 'b' } }, live([Pod, 'Absent', 'web-1']), 'Refused TargetGone'],
  ];
  for (const [what, annotate, world, expected] of table)
    it(what, () => expect(short(planOf({ annotate }, podTarget(), world))).to.deep.equal(expected));
});
