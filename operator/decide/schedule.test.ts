import { expect } from 'chai';
import { openingAt, scheduleProblem, type ScheduleEntry } from './schedule.ts';

const entry = (
  cron: string,
  hours: number,
  timeZone = 'Europe/Paris',
  effect: 'Allow' | 'Deny' = 'Allow',
): ScheduleEntry => ({
  cron,
  seconds: hours * 3600,
  timeZone,
  effect,
});
const paris = (cron: string, hours: number) => [entry(cron, hours)];
const deny = (cron: string, hours: number, timeZone?: string) => entry(cron, hours, timeZone, 'Deny');

describe('openingAt', () => {
  /** `until`: when it may begin at last; `-` when that is not known. */
  const table: [what: string, schedule: ScheduleEntry[], at: string, open: boolean, until?: string][] = [
    ['no entry', [], '2026-01-01T00:00:00Z', true],
    // Working hours in winter are UTC+1.
    ['before it begins', paris('0 8 * * 1-5', 10), '2026-01-05T06:59:59.999Z', false, '2026-01-05T07:00:00.000Z'],
    ['when it begins', paris('0 8 * * 1-5', 10), '2026-01-05T07:00:00Z', true],
    ['in its last moment', paris('0 8 * * 1-5', 10), '2026-01-05T16:59:59.999Z', true],
    ['when it ends', paris('0 8 * * 1-5', 10), '2026-01-05T17:00:00Z', false, '2026-01-06T07:00:00.000Z'],
    ['on Friday evening', paris('0 8 * * 1-5', 10), '2026-01-09T17:00:00Z', false, '2026-01-12T07:00:00.000Z'],
    ['over midnight', paris('0 22 * * *', 6), '2026-01-06T02:30:00Z', true],
    // The clocks are put forward on 29 March at 2:00 (01:00Z), to 3:00.
    ['the Friday before', paris('0 8 * * 1-5', 10), '2026-03-27T06:30:00Z', false, '2026-03-27T07:00:00.000Z'],
    ['the Monday after', paris('0 8 * * 1-5', 10), '2026-03-30T06:00:00Z', true],
    ['a beginning that is skipped', paris('30 2 * * *', 1), '2026-03-29T00:59:59Z', false, '2026-03-29T01:00:00.000Z'],
    ['is taken after the gap', paris('30 2 * * *', 1), '2026-03-29T01:00:00Z', true],
    ['and lasts as long as ever', paris('30 2 * * *', 1), '2026-03-29T02:00:00Z', false, '2026-03-30T00:30:00.000Z'],
    ['a night with 23 hours: eight hours are eight hours', paris('0 0 * * *', 8), '2026-03-29T06:59:59Z', true],
    ['and end at 9:00 by the clock', paris('0 0 * * *', 8), '2026-03-29T07:00:00Z', false, '2026-03-29T22:00:00.000Z'],
    // The clocks are put back on 25 October at 3:00 (01:00Z), to 2:00.
    ['a beginning that comes twice, the first time', paris('30 2 * * *', 0.5), '2026-10-25T00:30:00Z', true],
    ['and not the second time', paris('30 2 * * *', 0.5), '2026-10-25T01:30:00Z', false, '2026-10-26T01:30:00.000Z'],
    ['an hourly one comes each hour, the first', paris('0 * * * *', 0.25), '2026-10-25T00:05:00Z', true],
    ['and the second', paris('0 * * * *', 0.25), '2026-10-25T01:05:00Z', true],
    ['a night with 25 hours', paris('0 0 * * *', 8), '2026-10-25T05:59:59Z', true],
    ['New York changes on another day', [entry('0 8 * * *', 1, 'America/New_York')], '2026-03-09T12:30:00Z', true],
    [
      'and in winter it is an hour later',
      [entry('0 8 * * *', 1, 'America/New_York')],
      '2026-03-06T12:30:00Z',
      false,
      '2026-03-06T13:00:00.000Z',
    ],
    ['half an hour in Lord Howe', [entry('0 3 * * *', 1, 'Australia/Lord_Howe')], '2026-04-05T16:45:00Z', true],
    // Deny.
    ['what denies', [deny('0 18 * * 5', 60, 'UTC')], '2026-01-10T12:00:00Z', false, '2026-01-12T06:00:00.000Z'],
    ['what does not deny now', [deny('0 18 * * 5', 60, 'UTC')], '2026-01-12T06:00:00Z', true],
    [
      'Deny is stronger',
      [entry('* * * * *', 1, 'UTC'), deny('0 12 * * *', 1, 'UTC')],
      '2026-01-01T12:30:00Z',
      false,
      '2026-01-01T13:00:00.000Z',
    ],
    [
      'what denies on and on',
      [deny('0 12,13 * * *', 1.5, 'UTC')],
      '2026-01-01T12:30:00Z',
      false,
      '2026-01-01T14:30:00.000Z',
    ],
    // Not to be read, and never.
    ['a day that never comes', [entry('0 0 30 2 *', 1, 'UTC')], '2026-01-01T12:00:00Z', false, '-'],
    ['a time zone that does not exist', [entry('0 8 * * *', 1, 'Europe/Atlantis')], '2026-01-01T08:00:00Z', false, '-'],
    ['an hour that does not exist', [entry('0 25 * * *', 1, 'UTC')], '2026-01-01T08:00:00Z', false, '-'],
  ];
  for (const [what, schedule, at, open, until] of table)
    it(`${what}: ${open ? 'open' : `shut until ${until}`}`, () => {
      const found = openingAt(schedule, Date.parse(at));
      const untilTime = found.untilMs === undefined ? '-' : new Date(found.untilMs).toISOString();
      expect([found.open, found.open ? undefined : untilTime], found.message).to.deep.equal([open, until]);
    });

  it('says which entry decides', () => {
    expect(openingAt([deny('0 12 * * *', 1, 'UTC')], Date.parse('2026-01-01T12:30:00Z')).message).to.equal(
      'schedule "0 12 * * *" for 3600 s (UTC) denies it until 2026-01-01T13:00:00Z',
    );
    const nights = [entry('0 5 * * *', 1), entry('0 3 * * *', 2)];
    expect(openingAt(nights, Date.parse('2026-01-01T12:30:00Z')).message).to.equal(
      'nothing in the schedule allows it before 2026-01-02T02:00:00Z, when schedule "0 3 * * *" for 7200 s (Europe/Paris) begins',
    );
  });
});

describe('scheduleProblem', () => {
  it('finds nothing wrong with what can be used', () =>
    expect(scheduleProblem(entry('0 8 * * 1-5', 1))).to.equal(undefined));
  it('names a time zone that does not exist', () =>
    expect(scheduleProblem(entry('0 8 * * *', 1, 'Europe/Atlantis'))).to.contain('Europe/Atlantis'));
  it('names a field that is wrong', () => expect(scheduleProblem(entry('61 8 * * *', 1))).to.contain('minute'));
});
