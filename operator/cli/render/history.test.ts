import { expect } from 'chai';
import { emptyProfile, withHour, type Profile } from '../../../engine/history/profile.ts';
import { hourMs } from '../../../engine/history/series.ts';
import { emptySketch, sketchOf } from '../../../engine/sketch/sketch.ts';
import { historyLines, type ToldPast } from './history.ts';
import { plain } from './view.ts';

const nowMs = Date.UTC(2026, 0, 6, 9, 30);
const view = { nowMs, columns: 100, wide: false, paint: plain };
const hour = (at: number, minutes: number, values: number[]) => ({
  fromMs: Date.UTC(2026, 0, 6, at),
  minutes,
  sketch: values.length === 0 ? emptySketch : sketchOf(values),
});

const profile = (hours: number): Profile => {
  let made = emptyProfile;
  for (let i = hours; i > 0; i--) {
    const at = Math.floor(nowMs / hourMs) - i;
    made = withHour(made, at, new Map([['app', sketchOf([at % 24 === 9 ? 8 : 1])]]));
  }
  return made;
};
const told = (past: Partial<ToldPast>): string[] =>
  historyLines(
    {
      entity: 'Deployment/shop/cart',
      metric: 'k8s.container.cpu.usage',
      container: undefined,
      periodMs: hourMs,
      periods: [hour(6, 60, [0.25, 1, 4]), hour(7, 0, []), hour(8, 43, [2])],
      containers: ['app', 'proxy'],
      profile: emptyProfile,
      ...past,
    },
    view,
  );

describe('The lines of history', () => {
  it('show hours that are whole, parts, and gaps', () => {
    expect(told({})).to.deep.equal([
      'k8s.container.cpu.usage ({cpu}) of Deployment/shop/cart, containers app, proxy together',
      '',
      'PAST',
      '  FROM (UTC)        MINUTES   P50    P90    P99    MAX',
      '  2026-01-06 06:00  60        1.008  1.008  1.008  4',
      '  2026-01-06 07:00  gap',
      '  2026-01-06 08:00  43 of 60  2      2      2      2',
      '',
      'USUAL',
      '  no history yet: it is made of each hour when that is over',
    ]);
  });

  it('show what is usual at this hour, and at each', () => {
    const lines = told({ periods: [], profile: profile(73), container: 'app' });
    expect(lines.slice(0, 8)).to.deep.equal([
      'k8s.container.cpu.usage ({cpu}) of Deployment/shop/cart, container app',
      '',
      'PAST',
      '  nothing was kept of it in this time. Kept is, minute by minute, what policies in force read, and',
      '  what the operator is told to keep besides (--history-metrics)',
      '',
      'USUAL',
      '  at this hour of the day: half below 8, 99 % below 8; of 3 hours, within 0.7752 %',
    ]);
    expect(lines[8]).to.equal('  HOUR (UTC)  P50  P90  P99  DAYS');
    expect(lines).to.include('  09          8    8    8    3');
    expect(lines).to.have.length(9 + 24);
  });
});
