import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterError } from '../failure.ts';
import type { Component } from '../versions.ts';
import { resolvePrograms, type Sources } from './resolve.ts';

const release = { url: 'https://example.invalid/x', digests: {} };
const COMPONENTS: Readonly<Record<string, Component>> = {
  single: {
    version: '1.0.0',
    accepts: '1',
    programs: ['one'],
    build: { one: 'example.invalid/one/v2' },
    download: release,
  },
  several: {
    version: '2.0.0',
    accepts: '2',
    programs: ['two', 'three'],
    build: { two: './both', three: './both' },
    download: release,
  },
  packaged: { accepts: '1', programs: ['tool'], debian: ['tool', 'libtool'] },
};

describe('resolvePrograms', () => {
  let home = '';
  let notes: string[] = [];
  let asked: string[] = [];
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'resolve-'));
    notes = [];
    asked = [];
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const touch = (directory: string, ...names: readonly string[]): void => {
    mkdirSync(directory, { recursive: true });
    for (const name of names) writeFileSync(join(directory, name), name);
  };
  /** Sources that have nothing but what a test gives, and remember what they were asked for. */
  const sources = (have: Partial<Sources> = {}): Sources => ({
    components: COMPONENTS,
    findOnMachine: () => ({}),
    download: async ({ programs }) => {
      asked.push(`download ${programs.join()}`);
      throw new ClusterError('no network');
    },
    build: async (packages, directory) => {
      asked.push(`build ${packages.join()}`);
      touch(directory, 'one', 'both');
    },
    unpackDebian: async (packages, root) => {
      asked.push(`debian ${packages.join()}`);
      touch(join(root, 'usr/sbin'), 'tool');
    },
    debianRelease: () => 'bookworm',
    ...have,
  });
  const resolve = (names: readonly string[], from: Sources): Promise<Readonly<Record<string, string>>> =>
    resolvePrograms(
      names,
      { HOME: home },
      { note: (line) => notes.push(line), step: (_label, work) => work(() => undefined) },
      from,
    );

  it('uses what the machine has, and gets nothing else', async () => {
    const files = await resolve(['single'], sources({ findOnMachine: () => ({ file: '/usr/bin/one' }) }));
    expect(files).to.deep.equal({ one: '/usr/bin/one' });
    expect(asked).to.deep.equal([]);
  });

  it('says which programs of the machine it does not use', async () => {
    await resolve(
      ['single'],
      sources({ findOnMachine: () => ({ skipped: '/usr/bin/one is 0.9.0, not 1: not used' }) }),
    );
    expect(notes).to.include('/usr/bin/one is 0.9.0, not 1: not used');
  });

  it('prefers the release to a build', async () => {
    const download: Sources['download'] = async ({ programs }, directory) => touch(directory, ...programs);
    const files = await resolve(['single', 'several'], sources({ download }));
    expect(Object.keys(files)).to.have.members(['one', 'two', 'three']);
    expect(asked).to.deep.equal([]);
  });

  it('builds together what could not be downloaded, and says why it was not', async () => {
    const files = await resolve(['single', 'several'], sources());
    expect(asked).to.deep.equal(['download one', 'download two,three', 'build example.invalid/one/v2,./both']);
    expect(notes).to.include('single 1.0.0 is not downloaded: no network');
    expect(readlinkSync(files['two'] ?? '')).to.equal('both');
    expect(existsSync(files['three'] ?? '')).to.equal(true);
  });

  it('builds only what is not there yet', async () => {
    const machine: Sources['findOnMachine'] = (program) => (program === 'one' ? { file: '/usr/bin/one' } : {});
    await resolve(['single', 'several'], sources({ findOnMachine: machine }));
    expect(asked.at(-1)).to.equal('build ./both');
  });

  it('asks nobody the second time', async () => {
    const first = await resolve(['single', 'several', 'packaged'], sources());
    asked = [];
    expect(await resolve(['single', 'several', 'packaged'], sources())).to.deep.equal(first);
    expect(asked).to.deep.equal([]);
  });

  it('unpacks what only a distribution has', async () => {
    const files = await resolve(['packaged'], sources());
    expect(asked).to.deep.equal(['debian tool,libtool']);
    expect(files['tool']).to.match(/packaged-\w+\/usr\/sbin\/tool$/);
  });

  it('says what is missing where there is no apt', async () => {
    const failing = resolve(['packaged'], sources({ debianRelease: () => undefined }));
    expect(await failing.catch((error: Error) => error.message)).to.equal(
      'packaged is not on this machine, and without apt it cannot be fetched',
    );
  });

  it('leaves no half of a failed build in the cache', async () => {
    const failing = resolve(['single'], sources({ build: () => Promise.reject(new ClusterError('does not compile')) }));
    expect(await failing.catch((error: Error) => error.message)).to.equal('does not compile');
    await resolve(['single'], sources());
    expect(asked).to.include('build example.invalid/one/v2');
  });
});
