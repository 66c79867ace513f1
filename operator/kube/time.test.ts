import { expect } from 'chai';
import { parseTime, toMicroTime, toTime } from './time.ts';

it('writes and reads both kinds of time', () => {
  const epochMs = Date.UTC(2026, 0, 31, 8, 15, 0, 7);
  expect([toTime(epochMs), toMicroTime(epochMs)]).to.deep.equal([
    '2026-01-31T08:15:00Z',
    '2026-01-31T08:15:00.007000Z',
  ]);
  expect([parseTime(toMicroTime(epochMs)), parseTime(undefined), parseTime('soon')]).to.deep.equal([
    epochMs,
    undefined,
    undefined,
  ]);
});
