import { expect } from 'chai';
import type { Remediation, RemediationStatus } from '../../crds/remediation.ts';
import { hasBegun, holdsClaim, isFirstInLine, resolveLimit } from './budget.ts';
import { showsClaim } from './ledger.ts';
import { remediation, Shell } from './harness.test.ts';

const at = '2026-01-01T00:00:00Z';
const blocked = (reason: string, claims = 1): RemediationStatus => ({
  claims,
  conditions: [{ type: 'Blocked', status: 'Unknown', reason, message: '', lastTransitionTime: at }],
});
const made = (name: string, status: RemediationStatus = {}, more: Partial<Remediation['spec']> = {}): Remediation => {
  const { metadata, ...rest } = remediation([], more, name);
  return { ...rest, metadata: { ...metadata, uid: `uid-${name}`, creationTimestamp: at }, status };
};
const begun = { startedTime: at };
const reserved = blocked('Reserved');

describe('a claim', () => {
  const cases: [what: string, of: Remediation, holds: boolean][] = [
    ['of one that is new', made('a'), false],
    ['of one that is blocked', made('a', blocked('Paused')), false],
    ['of one that reserved a place', made('a', reserved), true],
    ['of one that has begun', made('a', begun), true],
    ['of one that has begun and is blocked between its steps', made('a', { ...begun, ...blocked('Paused') }), true],
    ['of one that is finished', made('a', { ...begun, finishedTime: at }), false],
    ['of one that only observes', made('a', reserved, { mode: 'Observe' }), false],
    ['of one that waits for approval', made('a', blocked('GuardsPass'), { mode: 'Approve' }), false],
  ];
  for (const [what, of, holds] of cases) it(`${what}: ${holds}`, () => expect(holdsClaim(of)).to.equal(holds));

  it('is shown by a snapshot that is recent enough', () => {
    expect(showsClaim(made('a', reserved), [made('a')])).to.equal(false);
    expect(showsClaim(made('a', reserved), [made('a', reserved)])).to.equal(true);
  });

  it('that was made again within the second is not shown by a snapshot of the one before, which was withdrawn', () => {
    const again = made('a', blocked('Reserved', 2));
    expect(showsClaim(again, [made('a', reserved)])).to.equal(false);
    expect(showsClaim(again, [again])).to.equal(true);
  });
});

describe('the line', () => {
  const older = { ...made('z', reserved) };
  older.metadata.creationTimestamp = '2025-12-31T00:00:00Z';
  const cases: [what: string, rivals: Remediation[], first: boolean][] = [
    ['nobody waits', [], true],
    ['one waits that comes later by name', [made('c', reserved)], true],
    ['one waits that comes before by name', [made('a', reserved)], false],
    ['one waits that is older', [older], false],
    ['one has begun, that waits no more', [made('a', begun)], true],
  ];
  for (const [what, rivals, first] of cases)
    it(`${what}: ${first ? 'first' : 'not first'}`, () => {
      expect(isFirstInLine(made('b', reserved), rivals)).to.equal(first);
    });

  it('one that is finished has not begun, whatever its times say', () => {
    expect(hasBegun(made('a', { ...begun, finishedTime: at }))).to.equal(false);
  });
});

describe('resolveLimit', () => {
  const cases: [limit: number | string, total: number | undefined, allowed: number | undefined][] = [
    [3, undefined, 3],
    ['10%', 100, 10],
    ['10%', 99, 9],
    ['10%', 9, 1],
    ['10%', 0, 1],
    ['0.1%', 5, 1],
    ['0%', 1000, 0],
    ['0.0%', 1000, 0],
    ['100%', 7, 7],
    ['10%', undefined, undefined],
    ['many', 10, undefined],
  ];
  for (const [limit, total, allowed] of cases)
    it(`${JSON.stringify(limit)} of ${total} is ${allowed}`, () =>
      expect(resolveLimit(limit, total)).to.equal(allowed));
});

describe('a claim that waits for its echo', () => {
  it('is not written again because others claim meanwhile', async () => {
    const shell = new Shell();
    shell.create([{ cordon: {} }]);
    let others = 1;
    const claimed = (name: string): Remediation =>
      made(name, reserved, { target: { kind: 'Node', name, uid: `uid-${name}` } });
    shell.snapshot = () => Array.from({ length: others }, (_, index) => claimed(`other-${index}`));
    await shell.reconcile();
    expect(shell.get().status?.conditions?.find(({ type }) => type === 'Blocked')?.reason).to.equal('Reserved');
    const version = shell.get().metadata.resourceVersion;
    others = 3;
    await shell.reconcile();
    expect(shell.get().metadata.resourceVersion).to.equal(version);
  });
});
