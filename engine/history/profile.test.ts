import { expect } from 'chai';
import fc from 'fast-check';
import { SketchError } from '../sketch/bytes.ts';
import { quantile, sketchOf } from '../sketch/sketch.ts';
import {
  decodeProfile,
  emptyProfile,
  encodeProfile,
  hourOfWeek,
  together,
  usualAt,
  withHour,
  type Profile,
} from './profile.ts';
import { hourMs } from './series.ts';

const monday = Date.UTC(2026, 0, 5) / hourMs;
const hours = (from: number, count: number, valueAt: (hour: number) => number): Profile => {
  let profile = emptyProfile;
  for (let hour = from; hour < from + count; hour++)
    profile = withHour(profile, hour, new Map([['app', sketchOf(Array.from({ length: 60 }, () => valueAt(hour)))]]));
  return profile;
};
const at = (hour: number): number => (hour + 0.5) * hourMs;

describe('The profile of what is usual', () => {
  it('begins its week on Monday, UTC', () => {
    expect([hourOfWeek(monday), hourOfWeek(monday + 167), hourOfWeek(monday + 168)]).to.deep.equal([0, 167, 0]);
  });

  it('has nothing to say before the first hour', () => {
    expect(usualAt(emptyProfile, 0)).to.equal(undefined);
  });

  const cases: [name: string, weeks: number, span: string, hoursOf: number, p50: number][] = [
    ['of everything, on the first day', 2 / 168, 'Overall', 2, 1],
    ['of the hour of the day, after three of them', 3 / 7, 'HourOfDay', 3, 10],
    ['of the hour of the week, after two of them', 2, 'HourOfWeek', 2, 10],
  ];
  for (const [name, weeks, span, count, p50] of cases)
    it(`tells ${name}`, () => {
      const busyAt9 = hours(monday, Math.round(168 * weeks), (hour) => (hour % 24 === 9 ? 10 : 1));
      const usual = usualAt(busyAt9, at(monday + 2 * 168 + 9));
      expect(usual).to.deep.include({ span, hours: count });
      expect(usual?.p50).to.be.closeTo(p50, p50 * 0.01);
    });

  it('takes each hour once, and none that is before the last', () => {
    const once = hours(monday, 5, () => 1);
    const more = new Map([['app', sketchOf([5])]]);
    expect(withHour(once, monday + 4, more)).to.equal(once);
    expect(withHour(once, monday, more)).to.equal(once);
  });

  it('comes to believe what has changed', () => {
    let profile = hours(monday, 1, () => 1);
    for (let week = 1; week < 6; week++)
      profile = withHour(
        profile,
        monday + 168 * week,
        new Map([['app', sketchOf(Array.from({ length: 60 }, () => 3))]]),
      );
    expect(usualAt(profile, at(monday))?.p50).to.be.closeTo(3, 0.03);
    expect(together(profile, () => true).hours).to.equal(6);
  });

  it('tells of one container, or of all together', () => {
    const both = withHour(
      emptyProfile,
      monday,
      new Map([
        ['app', sketchOf([8, 8])],
        ['proxy', sketchOf([1, 1, 1])],
      ]),
    );
    expect(usualAt(both, at(monday), 'app')).to.include({ hours: 1, p50: 8 });
    expect(usualAt(both, at(monday), 'gone')).to.equal(undefined);
    const all = usualAt(both, at(monday));
    expect(all).to.include({ hours: 1, p99: 8 });
    expect(all?.p50).to.be.closeTo(1, 0.01);
  });

  it('is bounded: a year of values of all sizes is in few bytes', () => {
    const wild = hours(monday, 168, (hour) => 2 ** (hour % 30) * (1 + (hour % 7) / 7));
    let profile = wild;
    for (let i = 0; i < 300; i++)
      profile = withHour(
        profile,
        monday + 168 + i,
        new Map([['app', sketchOf(Array.from({ length: 3600 }, (_, j) => (i + 1) * 1.01 ** (j % 1000)))]]),
      );
    expect(encodeProfile(profile).length).to.be.below(30_000);
  });

  it('is read as it was written', () => {
    const profile = hours(monday, 200, (hour) => hour % 24);
    expect(decodeProfile(encodeProfile(profile))).to.deep.equal(profile);
  });

  it('is written as it was first laid down', () => {
    const bytes = encodeProfile(withHour(emptyProfile, monday + 9, new Map([['app', sketchOf([0.5])]])));
    const sketch = `3e01822701${'00'.repeat(6)}e03f0000003f0000003f`;
    expect(Buffer.from(bytes).toString('hex')).to.equal(
      `5501f9fb1d03${Buffer.from('app').toString('hex')}010901${sketch}`,
    );
  });

  it('refuses what is no profile', () => {
    const bytes = encodeProfile(hours(monday, 3, () => 2));
    expect(() => decodeProfile(bytes.subarray(0, bytes.length - 1))).to.throw(SketchError);
    expect(() => decodeProfile(Uint8Array.of(0x55, 9))).to.throw(SketchError, 'version 9');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (mad) => {
        try {
          quantile(together(decodeProfile(Uint8Array.of(0x55, 1, ...mad)), () => true).sketch, 0.5);
        } catch (error) {
          expect(error).to.be.instanceOf(SketchError);
        }
      }),
    );
  });
});
