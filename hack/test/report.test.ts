import { expect } from 'chai';
import { afterAnotherRun, type Report } from './report.ts';

describe('afterAnotherRun', () => {
  const failure = (name: string) => ({ name, message: 'no' });
  const first: Report = { passed: ['a', 'b'], failed: [failure('c'), failure('d')], skipped: 1 };

  it('counts what passed the second time, and each test once', () => {
    const again: Report = { passed: ['b', 'c'], failed: [failure('d')], skipped: 0 };
    expect(afterAnotherRun(first, again)).to.deep.equal({
      passed: ['a', 'b', 'c'],
      failed: [failure('d')],
      skipped: 1,
    });
  });

  it('leaves as it was what did not run again', () => {
    for (const again of [{ passed: [], failed: [], skipped: 0 }, undefined])
      expect(afterAnotherRun(first, again)).to.equal(first);
  });

  it('keeps that a suite failed which ran nothing to the end', () => {
    const ended = { passed: [], failed: [failure('the suite')], skipped: 0 };
    expect(afterAnotherRun(first, ended).failed).to.deep.equal([failure('the suite')]);
  });
});
