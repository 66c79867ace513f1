import { expect } from 'chai';
import type { RemediationStatus } from '../../../crds/remediation.ts';
import { remediation } from '../../decide/harness.test.ts';
import { Drains } from './drains.ts';

type State = NonNullable<RemediationStatus['steps']>[number]['state'];
const draining = (state: State, finishedTime?: string) => ({
  ...remediation([{ drain: {} }]),
  status: { steps: [{ name: 'step-1', state }], ...(finishedTime === undefined ? {} : { finishedTime }) },
});
const cordoning = { ...remediation([{ cordon: {} }]), status: draining('Prepared').status };

const rows: readonly [what: string, now: ReturnType<typeof draining> | undefined, concerned: boolean][] = [
  ['not begun', draining('Pending'), false],
  ['under way', draining('Prepared'), true],
  ['done', draining('Applied'), false],
  ['at its end', draining('Prepared', '2026-01-01T00:00:00Z'), false],
  ['gone', undefined, false],
  ['no drain', cordoning, false],
];

describe('the drains that pods concern', () => {
  for (const [what, now, concerned] of rows)
    it(`${what}: ${concerned ? 'woken' : 'left alone'}, also when it was under way before`, () => {
      const drains = new Drains();
      for (const before of [undefined, draining('Prepared')]) {
        drains.changed('a/b', before);
        drains.changed('a/b', now);
        expect([...drains.of('node-1')]).to.deep.equal(concerned ? ['a/b'] : []);
        expect([...drains.of('node-2')]).to.deep.equal([]);
        expect([...drains.of(undefined)]).to.deep.equal([]);
      }
    });
});
