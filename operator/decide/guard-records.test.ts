/** What is put on record of the guards, and what is known without reading. */
import { expect } from 'chai';
import { guardContext, type GuardContext } from './guard.ts';
import { checkGuards, guards, isBlockedUnread, recordChecks } from './guards.ts';
import { begun, live, nowMs, self, withPlan, world } from './guards-scene.test.ts';
import { guardrail } from './harness.test.ts';

describe('recordChecks', () => {
  const of = self();
  const checked = checkGuards(guardContext(of, { ...world, live: live(of) }), 'Start');

  it('keeps the record of an unchanged finding as it is', () => {
    const first = recordChecks(checked, nowMs);
    expect(recordChecks(checked, nowMs + 5000, first)).to.deep.equal(first);
  });

  it('keeps what was found at the start when only the guards of a step are asked', () => {
    const first = recordChecks(checked, nowMs);
    const step = checkGuards(guardContext(of, { ...world, live: live(of) }), 'Step');
    const later = recordChecks(step, nowMs + 5000, first, 'Step');
    expect(later.map(({ name }) => name).sort()).to.deep.equal(first.map(({ name }) => name).sort());
  });

  it('forgets what nothing asks for any more', () => {
    const asked = withPlan({ maxPerWindow: { count: 1, seconds: 60 } });
    const before = recordChecks(checkGuards(guardContext(of, { ...world, ...asked, live: live(of) }), 'Start'), nowMs);
    expect(before.map(({ name }) => name)).to.include('maxPerWindow');
    expect(recordChecks(checked, nowMs, before).map(({ name }) => name)).not.to.include('maxPerWindow');
  });

  it('writes numbers that alone have changed down again after a minute, and at once when it passes', () => {
    const found = (count: number, ms: number, old: ReturnType<typeof recordChecks> = []) => {
      const given = { remediations: begun(count) };
      const checks = checkGuards(guardContext(of, { ...world, ...given, live: live(of) }), 'Start');
      return recordChecks(checks, ms, old).filter(({ name }) => name === 'maxConcurrent');
    };
    const first = found(2, nowMs);
    expect(found(3, nowMs + 59_000, first)).to.deep.equal(first);
    expect(found(3, nowMs + 60_000, first)[0]).to.include({ current: '3', passed: false });
    expect(found(1, nowMs + 1000, first)[0]).to.include({ current: '1', passed: true });
  });

  const silent = (name: string): never => {
    throw new Error(`it looks at ${name}`);
  };
  for (const guard of guards.filter((each) => each.reads !== true || each.unread !== undefined))
    it(`${guard.name} needs nothing to be read, as it says`, () => {
      const limits = { maxPerWindow: { count: 2, seconds: 60 }, minHealthy: 1, storm: { above: '10%' } };
      const more = { perTopology: { key: 'zone', maxConcurrent: 1 }, breaker: { failures: 3, openSeconds: 600 } };
      const of = self();
      const context = guardContext(of, {
        ...world,
        ...withPlan({ ...limits, ...more }),
        guardrails: [guardrail({ maxConcurrent: '10%', maxMode: 'Enforce', minHealthy: 1 })],
        live: live(of),
      });
      const unread: GuardContext = {
        ...context,
        changes: () => silent('changes'),
        get touched() {
          return silent('touched');
        },
        get leases() {
          return silent('leases');
        },
      };
      if (guard.reads === true) guard.unread?.(unread);
      else guard.check(unread);
    });

  const isUnread = (blocked: boolean, failed: readonly string[]): boolean =>
    isBlockedUnread({
      ...self(),
      status: {
        conditions: [
          { type: 'Blocked', status: blocked ? 'True' : 'Unknown', reason: '', message: '', lastTransitionTime: '' },
        ],
        guards: guards.map(({ name }) => ({ name, passed: !failed.includes(name), message: '', checkedTime: '' })),
      },
    });
  it('say by what a Remediation is blocked without its target having to be read', () => {
    expect(isUnread(true, ['storm', 'paused', 'maxConcurrent'])).to.equal(true);
    expect(isUnread(true, ['storm', 'protected'])).to.equal(false);
    expect(isUnread(true, ['freshData'])).to.equal(false);
    expect(isUnread(true, [])).to.equal(false);
    expect(isUnread(false, ['storm'])).to.equal(false);
  });
});
