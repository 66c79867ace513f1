import { expect } from 'chai';
import fc from 'fast-check';
import type { KubeObject } from '../kube/api.ts';
import { MutableStore, type StoreEvent } from '../kube/store.ts';
import { isNewer, Records } from './records.ts';

const object = (resourceVersion: string, name = 'a', uid = `uid-${name}`): KubeObject => ({
  metadata: { name, namespace: 'shop', uid, resourceVersion },
});

/** A reflector's store that the test moves by hand. */
function setup() {
  const store = new MutableStore<KubeObject>();
  let listener: (event: StoreEvent<KubeObject>) => void = () => {};
  let listed: (resourceVersion: string) => void = () => {};
  const records = new Records<KubeObject>({
    store,
    onEvent: (f) => ((listener = f), () => {}),
    onListed: (f) => ((listed = f), () => {}),
  });
  const changed: string[] = [];
  records.onChange((key, change) => changed.push(`${key} ${change}`));
  const emit = (events: StoreEvent<KubeObject>[]) => events.forEach((event) => listener(event));
  return {
    store,
    records,
    changed,
    see: (o: KubeObject) => emit(store.set(o)),
    lose: (o: KubeObject) => emit(store.delete(o)),
    list: (resourceVersion: string, ...objects: KubeObject[]) => {
      emit(store.replace(objects));
      listed(resourceVersion);
    },
  };
}

const version = (records: Records<KubeObject>, key = 'shop/a') => records.get(key)?.metadata.resourceVersion;

describe('Records', () => {
  it('has what the reflector saw', () => {
    const { records, see, changed } = setup();
    see(object('5'));
    expect(version(records)).to.equal('5');
    expect(changed).to.deep.equal(['shop/a Seen']);
  });

  it('prefers our own newer write until the reflector has caught up', () => {
    const { records, see } = setup();
    see(object('5'));
    records.wrote(object('9'));
    expect(version(records)).to.equal('9');
    see(object('7'));
    expect(version(records)).to.equal('9');
    see(object('10'));
    expect(version(records)).to.equal('10');
  });

  it('tells own writes and their echoes from what others do', () => {
    const { records, see, lose, changed } = setup();
    records.wrote(object('5'));
    see(object('5'));
    records.wrote(object('7'));
    records.wrote(object('9'));
    see(object('7'));
    see(object('8'));
    see(object('9'));
    see(object('10'));
    lose(object('11'));
    const whys = changed.map((line) => line.split(' ')[1]);
    expect(whys).to.deep.equal(['Seen', 'Echo', 'Written', 'Written', 'Echo', 'Seen', 'Seen']);
  });

  it('forgets what was written and deleted while no watch told of it, and nothing that was written since', () => {
    const { records, list, changed } = setup();
    records.wrote(object('5', 'a'));
    records.wrote(object('8', 'b'));
    records.wrote(object('6', 'c'));
    list('7', object('6', 'c'));
    expect([version(records, 'shop/a'), version(records, 'shop/b'), version(records, 'shop/c')]).to.deep.equal([
      undefined,
      '8',
      '6',
    ]);
    expect(changed.slice(3)).to.deep.equal(['shop/c Echo', 'shop/a Seen']);
  });

  it('does not let a late answer hide what was seen since', () => {
    const { records, see } = setup();
    see(object('10'));
    records.wrote(object('9'));
    expect(version(records)).to.equal('10');
  });

  it('lists what was created before the watch tells of it, each once', () => {
    const { records, see } = setup();
    see(object('5'));
    records.wrote(object('6'));
    records.wrote(object('7', 'b'));
    expect([...records.list()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)).to.have.members([
      'a@6',
      'b@7',
    ]);
  });

  it('forgets a deleted object, also one that we wrote last', () => {
    const { records, see, lose } = setup();
    see(object('5'));
    records.wrote(object('6'));
    lose(object('7'));
    expect(records.get('shop/a')).to.equal(undefined);
    records.wrote(object('8', 'never-seen'));
    records.forget('shop/never-seen');
    expect([...records.list()]).to.deep.equal([]);
  });

  it('keeps what we wrote of a new object when its namesake goes', () => {
    const { records, see, lose } = setup();
    see(object('5', 'a', 'old'));
    records.wrote(object('8', 'a', 'new'));
    lose(object('7', 'a', 'old'));
    expect(records.get('shop/a')?.metadata.uid).to.equal('new');
  });

  it('does not know what is not wanted', () => {
    const store = new MutableStore<KubeObject>();
    store.set(object('5'));
    store.set(object('6', 'b'));
    const records = new Records<KubeObject>(
      { store, onEvent: () => () => {}, onListed: () => () => {} },
      ({ metadata }) => metadata.name === 'b',
    );
    expect([records.get('shop/a'), [...records.list()].length]).to.deep.equal([undefined, 1]);
  });

  it('compares versions as numbers of any length', () => {
    expect(isNewer(object('10'), object('9'))).to.equal(true);
    expect(isNewer(object('9'), object('10'))).to.equal(false);
    expect(isNewer(object('9'), object('9'))).to.equal(false);
    expect(isNewer(object('90071992547409931'), object('90071992547409930'))).to.equal(true);
  });

  it('looks up what a walk over all would find, whatever was seen, lost, written and forgotten, also late', () => {
    const names = ['a', 'b', 'c'] as const;
    const about = fc.record({
      name: fc.constantFrom(...names),
      uid: fc.constantFrom('1', '2'),
      version: fc.integer({ min: 1, max: 30 }),
      colour: fc.option(fc.constantFrom('red', 'blue'), { nil: undefined }),
    });
    const did = fc.record({ do: fc.constantFrom('see', 'lose', 'wrote', 'forget'), about });
    const colourOf = ({ metadata: { labels } }: KubeObject): string | undefined => labels?.['colour'];
    const print = (objects: Iterable<KubeObject>): string[] =>
      [...objects].map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).toSorted();
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(did, { minLength: 20, maxLength: 60 }),
        fc.integer({ min: 0, max: 20 }),
        (steps, askedFrom) => {
          const { records, see, lose } = setup();
          for (const [index, step] of steps.entries()) {
            const { name, uid, version, colour } = step.about;
            const made = object(String(version), name, uid);
            const one = { metadata: { ...made.metadata, ...(colour === undefined ? {} : { labels: { colour } }) } };
            if (step.do === 'see') see(one);
            else if (step.do === 'lose') lose(one);
            else if (step.do === 'wrote') records.wrote(one);
            else records.forget(`shop/${name}`);
            if (index < askedFrom) continue;
            const all = [...records.list()];
            expect(print(all)).to.deep.equal(print(names.flatMap((known) => records.get(`shop/${known}`) ?? [])));
            for (const wanted of ['red', 'blue']) {
              const those = print(records.where(colourOf, wanted));
              expect(those).to.deep.equal(print(all.filter((each) => colourOf(each) === wanted)));
              found += those.length;
            }
            expect(records.where(colourOf, undefined)).to.deep.equal([]);
          }
        },
      ),
    );
    expect(found).to.be.greaterThan(50);
  });

  it('tells what was known before of what is gone', () => {
    const { records, see, lose } = setup();
    const before: (string | undefined)[] = [];
    records.onChange((_key, _change, known) => before.push(known?.metadata.resourceVersion));
    see(object('5'));
    records.wrote(object('6'));
    lose(object('7'));
    expect(before).to.deep.equal([undefined, '5', '6']);
  });
});
