import { expect } from 'chai';
import { Draft, type CommonStatus } from './draft.ts';
import type { Mode } from '../../crds/remediation-plan.ts';
import { modeUnder, tightest } from './mode.ts';
import { guardrail } from './harness.test.ts';
import { selects, type Selector } from './selector.ts';

const at = Date.parse('2026-01-01T00:00:00Z');
const draft = (status: CommonStatus = {}, nowMs = at): Draft<CommonStatus> => new Draft(status, nowMs);

describe('a draft', () => {
  it('does not touch what it began with', () => {
    const original: CommonStatus = { conditions: [] };
    draft(original).set('Ready', 'True', 'Yes', '');
    expect(original).to.deep.equal({ conditions: [] });
  });

  it('is unchanged when only the order of keys differs, as after a round trip', () => {
    const first = draft();
    first.set('Ready', 'True', 'Yes', 'it is');
    const [condition] = first.status.conditions ?? [];
    const turned = Object.fromEntries(Object.entries(condition ?? {}).reverse()) as unknown as typeof condition;
    const second = draft(turned === undefined ? {} : { conditions: [turned] }, at + 5000);
    second.set('Ready', 'True', 'Yes', 'it is');
    expect(second.changed).to.equal(false);
  });

  it('keeps the time of a condition until its status flips', () => {
    const one = draft();
    expect(one.set('Ready', 'False', 'No', 'a')).to.equal(true);
    const two = draft(one.status, at + 1000);
    expect(two.set('Ready', 'False', 'No', 'b')).to.equal(false);
    expect(two.condition('Ready')?.lastTransitionTime).to.equal('2026-01-01T00:00:00.000Z');
    expect(two.set('Ready', 'True', 'Yes', '')).to.equal(true);
    expect(two.condition('Ready')?.lastTransitionTime).to.equal('2026-01-01T00:00:01.000Z');
  });

  it('is unchanged when a condition flips and flips back before it is saved', () => {
    const one = draft();
    one.set('Blocked', 'True', 'Unreadable', 'cannot be read');
    const two = draft(one.status, at + 1000);
    two.set('Blocked', 'False', 'Admitted', 'all guards passed');
    two.set('Blocked', 'True', 'Unreadable', 'cannot be read');
    expect(two.changed).to.equal(false);
  });

  it('keeps 50 lines of a timeline: the first 20 and the last', () => {
    const long = draft();
    for (let line = 1; line <= 60; line++) long.note(`line ${line}`);
    const what = long.status.timeline?.map((entry) => entry.what) ?? [];
    expect(what).to.have.lengthOf(50);
    expect([what[0], what[19], what[20], what[49]]).to.deep.equal(['line 1', 'line 20', 'line 31', 'line 60']);
  });
});

describe('modes', () => {
  it('the most careful wins', () => {
    expect(tightest('Enforce', 'DryRun', 'Approve')).to.equal('DryRun');
    expect(tightest(undefined)).to.equal('Enforce');
    expect(modeUnder('Enforce', [guardrail({}), guardrail({ maxMode: 'Approve' })])).to.equal('Approve');
    expect(modeUnder('Observe', [guardrail({ maxMode: 'Approve' })])).to.equal('Observe');
  });

  it('is the most careful one of all when one is not known', () => {
    expect(modeUnder('Enforce', [guardrail({ maxMode: 'Suggest' as Mode })])).to.equal('Observe');
  });
});

describe('selects', () => {
  const expression = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', ...values: string[]): Selector => ({
    matchExpressions: [{ key: 'tier', operator, ...(values.length > 0 ? { values } : {}) }],
  });
  const cases: [selector: Selector, labels: Record<string, string>, selected: boolean][] = [
    [{}, {}, true],
    [{ matchLabels: { tier: 'gold' } }, { tier: 'gold', more: 'x' }, true],
    [{ matchLabels: { tier: 'gold' } }, { tier: 'tin' }, false],
    [{ matchLabels: { tier: 'gold' } }, {}, false],
    [expression('In', 'gold', 'tin'), { tier: 'tin' }, true],
    [expression('In', 'gold'), {}, false],
    [expression('NotIn', 'gold'), {}, true],
    [expression('NotIn', 'gold'), { tier: 'gold' }, false],
    [expression('Exists'), { tier: '' }, true],
    [expression('Exists'), {}, false],
    [expression('DoesNotExist'), {}, true],
    [expression('DoesNotExist'), { tier: '' }, false],
    [{ matchLabels: { a: 'b' }, ...expression('Exists') }, { tier: '' }, false],
  ];
  for (const [selector, labels, selected] of cases)
    it(`${JSON.stringify(selector)} of ${JSON.stringify(labels)}: ${selected}`, () => {
      expect(selects(selector, labels)).to.equal(selected);
    });
});
