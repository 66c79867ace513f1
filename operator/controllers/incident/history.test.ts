import { expect } from 'chai';
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { outdatedIncidents } from './history.ts';

const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;

/** Ended in this minute; `undefined` = active. */
function incident(minute: number | undefined, spec: Partial<Incident['spec']> = {}): Incident {
  const name = `i${minute ?? 'active'}`;
  const resolved = {
    type: 'Resolved',
    status: 'True',
    reason: 'Recovered',
    message: '',
    lastTransitionTime: at(minute ?? 0),
  };
  return {
    metadata: { name, namespace: 'shop', uid: name },
    spec,
    status: { conditions: minute === undefined ? [] : [resolved] },
  } as unknown as Incident;
}

const remediationOf = (uid: string, undone: string | undefined, finishedTime?: string): Remediation =>
  ({
    spec: { incidentRef: { name: uid, uid } },
    status: {
      finishedTime,
      conditions: undone === undefined ? [] : [{ type: 'Undone', status: 'False', reason: undone }],
    },
  }) as unknown as Remediation;

const names = (incidents: readonly Incident[]): string[] => incidents.map(({ metadata }) => metadata.name);

describe('outdatedIncidents', () => {
  const ended = [5, 1, 4, 2, 3].map((minute) => incident(minute));

  it('are the oldest beyond the limit, oldest first', () => {
    expect(names(outdatedIncidents(ended, [], 2))).to.deep.equal(['i1', 'i2', 'i3']);
    expect(outdatedIncidents(ended, [], 5)).to.deep.equal([]);
  });

  it('are never active ones', () => {
    expect(names(outdatedIncidents([incident(undefined), ...ended], [], 0))).to.not.include('iactive');
  });

  it('are never those that a person judged', () => {
    expect(names(outdatedIncidents([incident(1, { verdict: 'FalsePositive' }), incident(2)], [], 0))).to.deep.equal([
      'i2',
    ]);
  });

  for (const [what, remediation, kept] of [
    ['is not finished', remediationOf('i1', undefined), true],
    ['is to be undone later', remediationOf('i1', 'Scheduled', at(1)), true],
    ['could not be undone yet', remediationOf('i1', 'UndoFailed', at(1)), true],
    ['was undone', remediationOf('i1', 'Undone', at(1)), false],
    ['stays as it is', remediationOf('i1', undefined, at(1)), false],
  ] as const) {
    it(`are ${kept ? 'never ' : 'also '}those whose remediation ${what}`, () => {
      expect(names(outdatedIncidents([incident(1)], [remediation], 0))).to.deep.equal(kept ? [] : ['i1']);
    });
  }
});
