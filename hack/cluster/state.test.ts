import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { identify } from './process/identity.ts';
import { ClusterRecord } from './record.ts';
import { allStates, clusterDirectory, readState, type ClusterState } from './state.ts';

const aState: ClusterState = {
  version: 1,
  name: 'dev',
  index: 2,
  ports: { apiserver: 1, etcd: 2, etcdPeer: 3, nats: 4, natsMonitor: 5, kwok: 6 },
  bridged: true,
  profile: 'fast',
  nodes: 1,
  fake: 2,
  obstacles: [],
  programs: { kubectl: '/opt/kubectl' },
  libraries: [],
  images: '',
  running: {},
};

describe('remembered state', () => {
  let home = '';
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'state-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  for (const name of ['', 'A', '../x', 'a b', '1a', 'a'.repeat(21)]) {
    it(`has no place for a cluster named ${JSON.stringify(name)}`, () => {
      expect(() => clusterDirectory(name, { HOME: home })).to.throw(/is not valid: up to 20 of/);
    });
  }

  it('lies below XDG_STATE_HOME when that is absolute', () => {
    expect(clusterDirectory('dev', { HOME: home, XDG_STATE_HOME: '/s' })).to.equal('/s/homeostat/clusters/dev');
    expect(clusterDirectory('dev', { HOME: '/h', XDG_STATE_HOME: 's' })).to.equal(
      '/h/.local/state/homeostat/clusters/dev',
    );
  });

  it('comes back as it was written, whole', () => {
    const directory = clusterDirectory('dev', { HOME: home });
    expect(readState(directory)).to.equal(undefined);
    ClusterRecord.create(directory, aState);
    expect(readState(directory)).to.deep.equal(aState);
    expect(readdirSync(directory)).to.deep.equal(['state.json']);
    expect(allStates({ HOME: home })).to.deep.equal([aState]);
  });

  it('that cannot be read, or is of another version, says what to do', () => {
    const directory = clusterDirectory('dev', { HOME: home });
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'state.json'), '{');
    expect(() => readState(directory)).to.throw(/state.json cannot be read; end what it lists by hand and remove it$/);
    writeFileSync(join(directory, 'state.json'), '{"version": 7}');
    expect(() => readState(directory)).to.throw(/was written by another version/);
    expect(allStates({ HOME: home })).to.deep.equal([]);
  });

  it('follows what is started and ended', () => {
    const directory = clusterDirectory('dev', { HOME: home });
    const record = ClusterRecord.create(directory, aState);
    const self = identify(process.pid);
    if (self === undefined) throw new Error('no /proc');
    record.started('etcd', self);
    record.started('nats', { ...self, startTicks: '1' });
    const again = ClusterRecord.open(directory);
    expect(again?.alive('etcd')).to.deep.equal(self);
    expect(again?.alive('nats'), 'recycled process id').to.equal(undefined);
    expect(again?.anyAlive).to.equal(true);
    record.ended('etcd');
    expect(ClusterRecord.open(directory)?.anyAlive).to.equal(false);
  });
});
