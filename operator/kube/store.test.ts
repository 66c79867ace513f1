import { expect } from 'chai';
import type { KubeObject } from './api.ts';
import { keyOf, MutableStore, type StoreEvent } from './store.ts';

const object = (name: string, resourceVersion: string, uid = `uid-${name}`): KubeObject => ({
  metadata: { name, namespace: 'shop', uid, resourceVersion },
});
const shown = (events: StoreEvent<KubeObject>[]) =>
  events.map(({ type, object: { metadata }, old }) => [
    type,
    metadata.name,
    metadata.resourceVersion,
    old?.metadata.resourceVersion,
  ]);

describe('MutableStore', () => {
  it('turns a new list into the differences', () => {
    const store = new MutableStore<KubeObject>();
    expect(shown(store.replace([object('a', '1'), object('b', '1')]))).to.deep.equal([
      ['ADDED', 'a', '1', undefined],
      ['ADDED', 'b', '1', undefined],
    ]);
    expect(shown(store.replace([object('b', '2'), object('c', '1')]))).to.deep.equal([
      ['DELETED', 'a', '1', '1'],
      ['MODIFIED', 'b', '2', '1'],
      ['ADDED', 'c', '1', undefined],
    ]);
    expect(shown(store.replace([object('b', '2'), object('c', '1')]))).to.deep.equal([]);
    expect([...store.list()].map(keyOf)).to.deep.equal(['shop/b', 'shop/c']);
  });

  it('finds by key and by uid, and forgets both', () => {
    const store = new MutableStore<KubeObject>();
    store.set(object('a', '1'));
    expect([store.get('shop/a'), store.byUid('uid-a'), store.size]).to.deep.equal([
      object('a', '1'),
      object('a', '1'),
      1,
    ]);
    store.delete(object('a', '2'));
    expect([store.get('shop/a'), store.byUid('uid-a'), store.size]).to.deep.equal([undefined, undefined, 0]);
  });

  it('sees that a name was taken over by another object', () => {
    const store = new MutableStore<KubeObject>();
    store.set(object('a', '1', 'old'));
    expect(shown(store.set(object('a', '5', 'new')))).to.deep.equal([
      ['DELETED', 'a', '1', '1'],
      ['ADDED', 'a', '5', undefined],
    ]);
    expect(shown(store.delete(object('a', '4', 'old')))).to.deep.equal([]);
    expect([store.byUid('old'), store.byUid('new')?.metadata.uid]).to.deep.equal([undefined, 'new']);
  });

  it('passes on the last state of what is gone, once', () => {
    const store = new MutableStore<KubeObject>();
    store.set(object('a', '1'));
    expect(shown(store.delete(object('a', '9')))).to.deep.equal([['DELETED', 'a', '9', '1']]);
    expect(shown(store.delete(object('a', '9')))).to.deep.equal([]);
  });
});
