import { expect } from 'chai';
import { KillLedger, type PodLook } from './kill-ledger.ts';

/** Pod `p` with its own cgroup and container `c`, as one look reads them. */
const aLook = (changed: Partial<Omit<PodLook, 'kills'>> & { kills?: Record<string, number> } = {}): PodLook => ({
  uid: 'p',
  limitHits: 0,
  ...changed,
  kills: new Map(Object.entries({ '': 0, c: 0, ...changed.kills })),
});
const without = ({ kills, ...look }: PodLook, name: string): PodLook => ({
  ...look,
  kills: new Map([...kills].filter(([other]) => other !== name)),
});

/** Looks 200 ms apart, each with the machine’s count; answers the pod’s total after each. */
const totals = (...looks: [PodLook, number][]): number[] => {
  const ledger = new KillLedger();
  return looks.map(([look, machine], index) => {
    ledger.look(index * 200, [look], () => machine);
    return ledger.totalOf('p');
  });
};

describe('KillLedger', () => {
  it('counts what every cgroup of the pod counts, and keeps it when one goes', () => {
    expect(
      totals(
        [aLook(), 5],
        [aLook({ kills: { c: 1 } }), 6],
        [aLook({ kills: { c: 1, d: 2 } }), 8],
        [without(aLook({ kills: { d: 2 } }), 'c'), 8],
      ),
    ).to.deep.equal([0, 1, 3, 3]);
  });

  it('begins at zero, whatever was counted before', () => {
    expect(
      totals([aLook({ kills: { c: 4 } }), 9], [aLook({ kills: { c: 5 } }), 10], [aLook({ kills: { c: 5, d: 2 } }), 12]),
    ).to.deep.equal([0, 1, 3]);
  });

  it('attributes a kill that no cgroup shows to a container that vanished at the pod’s limit', () => {
    expect(totals([aLook(), 5], [without(aLook({ limitHits: 3 }), 'c'), 6])).to.deep.equal([0, 1]);
  });

  it('sees a cgroup that cannot be read any more as vanished', () => {
    expect(totals([aLook(), 5], [aLook({ limitHits: 3, kills: { c: Number.NaN } }), 6])).to.deep.equal([0, 1]);
  });

  it('attributes it although the three signs come one after the other', () => {
    expect(
      totals(
        [aLook(), 5],
        [aLook({ limitHits: 1 }), 5],
        [aLook({ limitHits: 1 }), 6],
        [without(aLook({ limitHits: 1 }), 'c'), 6],
      ),
    ).to.deep.equal([0, 0, 0, 1]);
  });

  it('attributes nothing when a container ends and nobody was killed', () => {
    expect(totals([aLook(), 5], [without(aLook({ limitHits: 3 }), 'c'), 5])).to.deep.equal([0, 0]);
  });

  it('attributes nothing when the pod did not reach its limit', () => {
    expect(totals([aLook(), 5], [without(aLook(), 'c'), 6])).to.deep.equal([0, 0]);
  });

  it('attributes nothing to a container that is there', () => {
    expect(totals([aLook(), 5], [aLook({ limitHits: 3 }), 6])).to.deep.equal([0, 0]);
  });

  it('does not count a kill twice when its cgroup showed it before it went', () => {
    expect(
      totals([aLook(), 5], [aLook({ limitHits: 1, kills: { c: 1 } }), 7], [without(aLook({ limitHits: 1 }), 'c'), 7]),
    ).to.deep.equal([0, 1, 1]);
  });

  it('forgets an unexplained kill after two seconds', () => {
    const ledger = new KillLedger();
    ledger.look(0, [aLook()], () => 5);
    ledger.look(200, [aLook()], () => 6);
    ledger.look(2400, [aLook()], () => 6);
    expect(ledger.look(2600, [without(aLook({ limitHits: 1 }), 'c')], () => 6)).to.deep.equal([]);
    expect(ledger.totalOf('p')).to.equal(0);
  });

  it('says which pods’ totals rose, and forgets pods that are gone', () => {
    const ledger = new KillLedger();
    const other = aLook({ uid: 'q' });
    ledger.look(0, [aLook(), other], () => 5);
    expect(ledger.look(200, [aLook({ kills: { c: 1 } }), other], () => 6)).to.deep.equal(['p']);
    ledger.look(400, [other], () => 6);
    expect(ledger.totalOf('p')).to.be.NaN;
  });

  it('works without the machine’s count', () => {
    expect(
      totals([aLook(), Number.NaN], [without(aLook({ limitHits: 1, kills: { d: 1 } }), 'c'), Number.NaN]),
    ).to.deep.equal([0, 1]);
  });
});
