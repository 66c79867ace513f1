import { expect } from 'chai';
import { resume, type Resume, type StreamNow } from './resume.ts';

describe('resume', () => {
  const created = '2026-01-01T00:00:00Z';
  const cursor = { sequence: 100, storedMs: 5_000.7, created };
  const now = (change: Partial<StreamNow>): StreamNow => ({
    created,
    firstSequence: 1,
    lastSequence: 120,
    storedAtCursorMs: 5_000,
    ...change,
  });
  const next: Resume = { from: 'Sequence', sequence: 101, lost: 0, why: 'Next' };
  const rewound: Resume = { from: 'Time', sinceMs: 5_000.7, why: 'Rewound' };
  const cases: [name: string, now: StreamNow, expected: Resume][] = [
    ['goes on with the next message', now({}), next],
    ['also when there is none yet', now({ lastSequence: 100 }), next],
    ['also when the limits took just what was read', now({ firstSequence: 101, storedAtCursorMs: undefined }), next],
    [
      'also when everything was purged',
      now({ firstSequence: 101, lastSequence: 100, storedAtCursorMs: undefined }),
      next,
    ],
    [
      'counts what the limits took before it was read',
      now({ firstSequence: 110, storedAtCursorMs: undefined }),
      { from: 'Sequence', sequence: 110, lost: 9, why: 'Expired' },
    ],
    [
      'reads a stream that was made anew from its beginning',
      now({ created: '2026-01-02T00:00:00Z', lastSequence: 3, storedAtCursorMs: undefined }),
      { from: 'Sequence', sequence: 1, lost: 0, why: 'Recreated' },
    ],
    [
      'goes back in time when the stream ends before the last message read',
      now({ lastSequence: 90, storedAtCursorMs: undefined }),
      rewound,
    ],
    [
      'goes back when the number of the last message read is another message’s',
      now({ storedAtCursorMs: 9_000 }),
      rewound,
    ],
    ['goes back when the last message read is missing', now({ storedAtCursorMs: undefined }), rewound],
  ];
  for (const [name, stream, expected] of cases) {
    it(name, () => {
      expect(resume(cursor, stream)).to.deep.equal(expected);
    });
  }
});
