import { expect } from 'chai';
import type { Remediation } from '../../../crds/remediation.ts';
import { chain, ended, time, undone } from '../../audit/fixtures.test.ts';
import { outdated, undoableKept, type HistoryFacts } from './history.ts';

const sealed = (...remediations: Remediation[]): readonly Remediation[] => chain(remediations)[1];
const kept = ended('standing');
const evicted = ended('evicted', {
  steps: [
    {
      name: 'fence',
      state: 'Applied',
      changes: [{ object: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', uid: 'p' }, path: '', from: '{}' }],
    },
  ],
});

const foreseen = structuredClone(ended('foreseen'));
for (const step of foreseen.status?.steps ?? []) step.state = 'Skipped';
/** One of which something stands, and which ended so many seconds after the first. */
const aged = (seconds: number): Remediation =>
  ended(`aged-${seconds}`, { finishedTime: new Date(Date.parse(time) + seconds * 1000).toISOString() });

describe('the Remediations that are not kept', () => {
  const names = (remediations: readonly Remediation[], facts: Partial<HistoryFacts> = {}): string[] =>
    outdated({
      remediations,
      incidentOf: () => undefined,
      historyLimit: 0,
      rememberSeconds: 60,
      keepsLastHelped: false,
      nowMs: Date.parse('2026-03-01T00:00:00Z'),
      ...facts,
    }).map(({ metadata }) => metadata.name);

  const table: [what: string, found: string[], expected: string[]][] = [
    ['are those beyond the limit', names(sealed(undone(ended('a')), undone(ended('b'))), { historyLimit: 1 }), ['a']],
    [
      'are those that are too old, however few',
      names(sealed(undone(ended('a'))), { historyLimit: 9, historyMaxAgeSeconds: 3600 }),
      ['a'],
    ],
    ['are none that is not sealed', names([undone(ended('a'))]), []],
    ['are none of which something stands', names(sealed(kept), { historyMaxAgeSeconds: 60 }), []],
    [
      'are those of which that was taken back, is an end, or was only foreseen',
      names(sealed(undone(ended('a')), evicted, foreseen)),
      ['a', 'evicted', 'foreseen'],
    ],
    [
      'are those of which something stands once there are too many newer ones',
      names(sealed(...Array.from({ length: undoableKept + 2 }, (_, index) => aged(index)))),
      ['aged-0', 'aged-1'],
    ],
  ];
  for (const [what, found, expected] of table) it(what, () => expect(found).to.deep.equal(expected));
});
