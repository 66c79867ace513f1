import { expect } from 'chai';
import type { Row } from '../../engine/frame/types.ts';
import { KeptKeyframe } from './kept-keyframe.ts';
import { keyframe } from './testing.ts';

describe('KeptKeyframe', () => {
  const uid = '0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f';
  const cases: [name: string, rows: Row[]][] = [
    ['none', []],
    [
      'of all scopes',
      [
        { scope: 'Node', uid: 'node-1' },
        { scope: 'Workload', uid },
        { scope: 'Pod', uid },
        { scope: 'Container', uid, container: 'app' },
        { scope: 'Container', uid, container: '0a1b2c3d'.repeat(8) },
      ],
    ],
    ['that cannot be encoded', [{ scope: 'Pod', uid: 'x'.repeat(1000) }]],
  ];
  for (const [name, rows] of cases)
    it(`says the same of its rows, again and again, and after another one did: ${name}`, () => {
      const told = keyframe({ rows, generation: 7 });
      const kept = new KeptKeyframe(told);
      const other = new KeptKeyframe(keyframe());
      for (const each of [kept.rows, kept.rows, other.rows && kept.rows]) expect(each).to.deep.equal(rows);
      const { kind, source, generation, capturedMs, intervalMs, columns } = kept;
      expect({ kind, source, generation, capturedMs, intervalMs, columns, rows }).to.deep.equal(told);
    });
});
