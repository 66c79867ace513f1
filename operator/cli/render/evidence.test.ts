import { expect } from 'chai';
import type { IncidentStatus } from '../../../crds/incident.ts';
import { evidenceLines } from './evidence.ts';
import { plain } from './view.ts';

type Recorded = NonNullable<IncidentStatus['evidence']>[number];
type Quality = NonNullable<Recorded['quality']>;

/** What is said of a signal with 12 samples of which this is recorded. */
const saidOf = (recorded: Partial<Recorded>): string =>
  evidenceLines([{ signal: 's', metric: 'm', firing: true, samples: 12, ...recorded }], {
    nowMs: 0,
    columns: 500,
    wide: false,
    paint: plain,
  }).join('\n');
const said = (quality?: Quality): string => saidOf(quality === undefined ? {} : { quality });

describe('evidence of a signal', () => {
  const cases: [quality: Quality | undefined, words: string][] = [
    [undefined, '12 samples'],
    [{ missing: 47 }, '12 samples; 47 missing'],
    [{ resets: 1 }, '12 samples; counters began anew once'],
    [{ resets: 16, infinite: 1 }, '12 samples; counters began anew 16 times; 1 infinite value left out'],
    [{ late: 2, mistimed: 1 }, '12 samples; 2 late; 1 frame with a time that cannot be'],
    [{ missing: 3, imputed: 3, outliers: 1 }, '12 samples; 3 missing; 1 outlier; 3 made up'],
    [{ skewMilliseconds: -900 }, '12 samples; clock 900 ms ahead, corrected'],
    [
      { infinite: 2, flatSeconds: 75 },
      '12 samples; 2 infinite values left out; exactly the same for 75 s: a stuck sensor?',
    ],
  ];
  for (const [quality, words] of cases)
    it(`says of samples ${JSON.stringify(quality ?? {})}: ${words}`, () =>
      expect(said(quality).endsWith(words)).to.equal(true));

  const usual: [usual: NonNullable<Recorded['usual']>, words: string][] = [
    [
      { p50: '0.4', p99: '0.6', over: 'HourOfWeek', hours: 4 },
      '12 samples; usual at this hour of the week: half below 0.4, 99 % below 0.6 (4 hours)',
    ],
    [
      { p50: '1', p99: '2', over: 'Overall', hours: 1 },
      '12 samples; usual at any time: half below 1, 99 % below 2 (1 hour)',
    ],
    [{ absent: 'no history yet' }, '12 samples; usual: no history yet'],
  ];
  for (const [recorded, words] of usual)
    it(`says ${words}`, () => expect(saidOf({ usual: recorded }).endsWith(words)).to.equal(true));
});
