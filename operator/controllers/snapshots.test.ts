import { expect } from 'chai';
import type { Remediation } from '../../crds/remediation.ts';
import { ledgerOf, scope } from '../decide/ledger.ts';
import type { Listener } from '../kube/reflector.ts';
import { MutableStore } from '../kube/store.ts';
import { Snapshots } from './snapshots.ts';

function remediation(name: string, begun: boolean, version: number): Remediation {
  const [namespace = '', own = ''] = name.split('/');
  return {
    metadata: { namespace, name: own, uid: `uid-${name}`, resourceVersion: String(version) },
    spec: {
      mode: 'Enforce',
      planRef: { name: 'plan', uid: 'uid-plan', generation: 1 },
      target: { kind: 'Node', name: own, uid: `uid-${own}` },
      steps: [],
    },
    status: begun ? { startedTime: '2026-01-01T00:00:00Z' } : {},
  } as unknown as Remediation;
}

function setup() {
  const store = new MutableStore<Remediation>();
  let listener: Listener<Remediation> = () => {};
  const watched = { store, hasSynced: true, onEvent: (told: Listener<Remediation>) => ((listener = told), () => {}) };
  const snapshots = new Snapshots(watched, ({ metadata }) => metadata.namespace === 'shop');
  const emit = (events: ReturnType<typeof store.set>): void => events.forEach((event) => listener(event));
  const claims = (): string[] =>
    [
      ...ledgerOf(snapshots.latest() ?? [])
        .group(scope.all())
        .claims.values(),
    ]
      .map(({ metadata }) => metadata.name)
      .toSorted();
  return {
    snapshots,
    watched,
    claims,
    see: (one: Remediation) => emit(store.set(one)),
    lose: (one: Remediation) => emit(store.delete(one)),
    replace: (all: Remediation[]) => emit(store.replace(all)),
  };
}

describe('Snapshots', () => {
  it('are the same as long as nothing changes, and none is changed afterwards', () => {
    const { snapshots, see } = setup();
    const first = snapshots.latest();
    expect(snapshots.latest()).to.equal(first);
    see(remediation('shop/a', false, 1));
    expect([first?.length, snapshots.latest()?.length]).to.deep.equal([0, 1]);
  });

  it('are not there before all is known', () => {
    const { snapshots, watched } = setup();
    watched.hasSynced = false;
    expect(snapshots.latest()).to.equal(undefined);
  });

  it('count on, whatever was seen in between, and leave out what is not wanted', () => {
    const { claims, see, lose, replace } = setup();
    expect(claims()).to.deep.equal([]);
    see(remediation('shop/a', true, 1));
    see(remediation('shop/b', false, 2));
    see(remediation('else/c', true, 3));
    expect(claims()).to.deep.equal(['a']);
    see(remediation('shop/b', true, 4));
    see(remediation('shop/a', false, 5));
    expect(claims()).to.deep.equal(['b']);
    replace([remediation('shop/a', true, 6), remediation('shop/d', true, 7)]);
    expect(claims()).to.deep.equal(['a', 'd']);
    lose(remediation('shop/d', true, 8));
    expect(claims()).to.deep.equal(['a']);
  });

  it('count anew after very much has changed', () => {
    const { claims, see, lose } = setup();
    expect(claims()).to.deep.equal([]);
    for (let i = 0; i < 1500; i++) see(remediation(`shop/r${i}`, true, i + 1));
    for (let i = 2; i < 1500; i++) lose(remediation(`shop/r${i}`, true, i + 1));
    expect(claims()).to.deep.equal(['r0', 'r1']);
  });
});
