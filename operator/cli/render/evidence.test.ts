import { expect } from 'chai';
import type { IncidentStatus } from '../../../crds/incident.ts';
import { evidenceLines } from './evidence.ts';
import { plain } from './view.ts';

type Quality = NonNullable<NonNullable<IncidentStatus['evidence']>[number]['quality']>;

/** What is said of a signal with 12 samples of this quality. */
const said = (quality?: Quality): string =>
  evidenceLines([{ signal: 's', metric: 'm', firing: true, samples: 12, ...(quality && { quality }) }], {
    nowMs: 0,
    columns: 500,
    wide: false,
    paint: plain,
  }).join('\n');

describe('evidence of a signal', () => {
  const cases: [quality: Quality | undefined, words: string][] = [
    [undefined, '12 samples'],
    [{ missing: 47 }, '12 samples; 47 missing'],
    [{ resets: 1 }, '12 samples; counters began anew once'],
    [{ resets: 16, infinite: 1 }, '12 samples; counters began anew 16 times; 1 infinite value left out'],
    [
      { infinite: 2, flatSeconds: 75 },
      '12 samples; 2 infinite values left out; exactly the same for 75 s: a stuck sensor?',
    ],
  ];
  for (const [quality, words] of cases)
    it(`says of samples ${JSON.stringify(quality ?? {})}: ${words}`, () =>
      expect(said(quality).endsWith(words)).to.equal(true));
});
