import { expect } from 'chai';
import fc from 'fast-check';
import { boot } from '../testing.ts';
import { Board, type Told } from './board.ts';
import { inColumnOrder, stateColumns } from './samples.ts';

const podMetric = 'k8s.pod.ready';
const containerMetric = 'k8s.container.restarts';

type Rows = Map<string, number>;

/** Notes what a frame tells of the first metric of each row, as a reader of the stream does. */
function read(rows: Rows, { keyframe, frame }: Told): void {
  if (frame.rows === undefined) rows.clear();
  const told = Array.from(frame.rows ?? keyframe.rows.keys(), (row) => keyframe.rows[row]);
  for (const [scope, metric] of [
    ['Pod', podMetric],
    ['Container', containerMetric],
  ] as const) {
    const at = stateColumns.findIndex((column) => column.metric === metric);
    const values = frame.columns.find(({ column }) => column === at)?.values ?? [];
    const ofScope = told.filter((row) => row?.scope === scope);
    expect(values).to.have.length(ofScope.length);
    for (const [i, row] of ofScope.entries())
      rows.set([row?.uid, row?.container].filter(Boolean).join('/'), values[i] ?? NaN);
  }
}

describe('Board', () => {
  it('tells whatever has changed, of whoever comes, goes and has other containers', () => {
    const value = fc.constantFrom(0, 1, NaN);
    const step = fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd'),
      what: fc.constantFrom('set', 'set', 'delete', 'tell', 'tell all'),
      values: fc.array(value, { maxLength: 3, minLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const board = new Board({ producer: 'state', node: 'n', boot: boot('a') });
        const is: Rows = new Map();
        const isTold: Rows = new Map();
        const forget = (uid: string): void => {
          for (const key of is.keys()) if (key.split('/')[0] === uid) is.delete(key);
        };
        for (const { uid, what, values } of steps) {
          const [own = NaN, ...others] = values;
          const containers = others.map((_, i) => `c${i}`);
          if (what === 'set') {
            forget(uid);
            is.set(uid, own);
            for (const [i, other] of others.entries()) is.set(`${uid}/c${i}`, other);
            board.set({ scope: 'Pod', uid, containers }, [
              inColumnOrder('Pod', { [podMetric]: own }),
              ...others.map((other) => inColumnOrder('Container', { [containerMetric]: other })),
            ]);
          } else if (what === 'delete') {
            forget(uid);
            board.delete(uid);
          } else if (board.changed || what === 'tell all') read(isTold, board.tell(0, what === 'tell all'));
          if (!board.changed) expect(Object.fromEntries(isTold)).to.deep.equal(Object.fromEntries(is));
        }
      }),
    );
  });
});
