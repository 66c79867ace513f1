import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { network, parseRange } from './network.ts';
import { claimPlace, type Machine, type Place } from './place.ts';
import { ClusterRecord } from './record.ts';
import { clusterDirectory } from './state.ts';

describe('the place of a cluster', () => {
  let home = '';
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'place-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  /** Nothing is on the machine but what these say. */
  let routes: string[] = [];
  let owners: Record<number, string> = {};
  beforeEach(() => ([routes, owners] = [[], {}]));
  const machine: Machine = {
    routes: () => routes.map(parseRange),
    ownerOf: (index) => owners[index],
  };
  const claim = async (name: string): Promise<Place> => {
    const env = { HOME: home };
    const remember = (place: Place): Place => {
      const rest = { profile: 'fast', nodes: 1, fake: 0, bridged: true, obstacles: [], programs: {} } as const;
      const more = { libraries: [], images: '', running: {} };
      ClusterRecord.create(clusterDirectory(name, env), { version: 1, name, ...place, ...rest, ...more });
      return place;
    };
    const previous = ClusterRecord.open(clusterDirectory(name, env))?.state;
    return claimPlace(name, previous, env, remember, machine);
  };

  it('is another one for each of several that start at the same moment', async () => {
    const places = await Promise.all(['one', 'two', 'three'].map(claim));
    expect(new Set(places.map(({ index }) => index)).size).to.equal(3);
    expect(new Set(places.flatMap(({ ports }) => Object.values(ports))).size).to.equal(18);
  });

  it('is another one when somebody has its network meanwhile, and the same when that is its own bridge', async () => {
    const before = await claim('one');
    routes = [network(before.index).nodes];
    owners = { [before.index]: clusterDirectory('one', { HOME: home }) };
    expect((await claim('one')).index).to.equal(before.index);
    owners = { [before.index]: clusterDirectory('one', { HOME: '/home/other' }) };
    expect((await claim('one')).index).not.to.equal(before.index);
  });

  it('is kept from one start to the next', async () => {
    const before = await Promise.all(['one', 'two'].map(claim));
    expect(await Promise.all(['one', 'two'].map(claim))).to.deep.equal(before);
  });
});
