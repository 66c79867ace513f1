import { expect } from 'chai';
import { breakerOf } from './breaker.ts';
import { cooldownSecondsAfter } from './cooldown.ts';
import { precisionFloor } from './precision.ts';

describe('breakerOf', () => {
  const limits = { failures: 3, openSeconds: 60 };
  const table: [what: string, failures: number[], nowMs: number, is: string, untilMs?: number][] = [
    ['nothing failed', [], 0, 'Closed'],
    ['one less than allowed', [1000, 2000], 2000, 'Closed'],
    ['as many', [1000, 2000, 3000], 3000, 'Open', 63_000],
    ['until its time is over', [1000, 2000, 3000], 62_999, 'Open', 63_000],
    ['then one is tried', [1000, 2000, 3000], 63_000, 'HalfOpen'],
    ['and when that fails, it opens again', [1000, 2000, 3000, 70_000], 70_001, 'Open', 130_000],
  ];
  for (const [what, failures, nowMs, is, untilMs] of table)
    it(`${what}: ${is}`, () => {
      const found = breakerOf(limits, failures, nowMs);
      expect([found.is, found.is === 'Open' ? found.untilMs : undefined]).to.deep.equal([is, untilMs]);
    });
});

describe('cooldownSecondsAfter', () => {
  const backoff = { factor: 2, maxSeconds: 1000 };
  const table: [failures: number, withBackoff: number][] = [
    [0, 300],
    [1, 300],
    [2, 600],
    [3, 1000],
    [50, 1000],
  ];
  for (const [failures, seconds] of table)
    it(`${failures} attempts that did not help: ${seconds} s`, () => {
      expect(cooldownSecondsAfter({ cooldownSeconds: 300, backoff }, failures)).to.equal(seconds);
      expect(cooldownSecondsAfter({ cooldownSeconds: 300 }, failures)).to.equal(300);
    });
  it('is none when none is asked for', () =>
    expect(cooldownSecondsAfter({ cooldownSeconds: 0, backoff }, 9)).to.equal(0));
});

describe('precisionFloor', () => {
  const facts = (minPrecision?: string) =>
    ({
      spec: {
        mode: 'Enforce',
        guards: { maxConcurrent: 1, maxAttempts: 1, cooldownSeconds: 0, ...(minPrecision && { minPrecision }) },
      },
      matchedTargets: 1,
    }) as const;
  const grail = (minPrecision: string) => ({ spec: { minPrecision } });
  const table: [
    what: string,
    floor: string | undefined,
    grails: string[],
    right: number,
    wrong: number,
    isBelow: boolean | undefined,
  ][] = [
    ['no floor', undefined, [], 0, 9, undefined],
    ['nobody has judged', '90%', [], 0, 0, false],
    ['exactly', '90%', [], 9, 1, false],
    ['just below', '90%', [], 899, 101, true],
    ['of several the highest', '50%', ['90%', '10%'], 8, 2, true],
    ['a guardrail’s alone', undefined, ['90%'], 8, 2, true],
    ['one that cannot be read', '50%', ['most'], 9, 1, true],
  ];
  for (const [what, floor, grails, truePositives, falsePositives, isBelow] of table)
    it(`${what}: ${isBelow}`, () =>
      expect(precisionFloor(facts(floor), grails.map(grail), { truePositives, falsePositives })?.isBelow).to.equal(
        isBelow,
      ));
  it('is missed while it is not known what people said', () =>
    expect(precisionFloor(facts('90%'), [], undefined)?.isBelow).to.equal(true));
});
