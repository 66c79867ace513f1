import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fits } from '../versions.ts';
import { findOnMachine, parseVersion } from './environment.ts';

describe('programs of the machine', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'programs-'));
    for (const [directory, version] of [
      ['assets', '1.36.1'],
      ['old', '1.32.4'],
      ['new', '1.36.9'],
      ['cache', '1.36.4'],
      ['odd', 'none'],
    ]) {
      mkdirSync(join(root, directory ?? ''));
      writeFileSync(join(root, directory ?? '', 'kubectl'), version ?? '');
      writeFileSync(join(root, directory ?? '', 'kubelet'), version ?? '');
    }
    mkdirSync(join(root, 'links'));
    symlinkSync(join(root, 'cache', 'kubectl'), join(root, 'links', 'kubectl'));
  });
  after(() => rmSync(root, { recursive: true }));

  /** The version each test directory stands for, instead of running its program. */
  const versions: Readonly<Record<string, string>> = {
    assets: '1.36.1',
    old: '1.32.4',
    new: '1.36.9',
    cache: '1.36.4',
  };
  const find = (program: string, path: readonly string[], assets?: string): ReturnType<typeof findOnMachine> =>
    findOnMachine(
      program,
      '1.36',
      {
        PATH: path.map((name) => join(root, name)).join(':'),
        ...(assets ? { KUBEBUILDER_ASSETS: join(root, assets) } : {}),
      },
      [join(root, 'cache')],
      (file) => versions[file.split('/').at(-2) ?? ''],
    );

  it('come from KUBEBUILDER_ASSETS before PATH', () => {
    expect(find('kubectl', ['new'], 'assets').file).to.equal(join(root, 'assets', 'kubectl'));
  });

  it('come from PATH when those assets do not have them', () => {
    expect(find('kubelet', ['new'], 'assets').file).to.equal(join(root, 'new', 'kubelet'));
  });

  it('of another version are skipped, with a sentence when nothing else is found', () => {
    expect(find('kubectl', ['old', 'new'])).to.deep.equal({ file: join(root, 'new', 'kubectl') });
    expect(find('kubectl', ['old'])).to.deep.equal({
      skipped: `${join(root, 'old', 'kubectl')} is 1.32.4, not 1.36: not used`,
    });
    expect(find('kubectl', ['odd']).skipped).to.match(/is of an unknown version, not 1.36: not used$/);
  });

  it("that are links into our own cache are not the machine's", () => {
    expect(find('kubectl', ['links'])).to.deep.equal({});
  });

  it('are nothing when there are none, also with a relative PATH', () => {
    expect(find('etcd', ['new'])).to.deep.equal({});
    expect(findOnMachine('sh', '1', { PATH: 'bin:.' }, [])).to.deep.equal({});
  });

  for (const [text, version] of [
    ['Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0', '1.32.4'],
    ['etcd Version: 3.6.8\nGit SHA: x', '3.6.8'],
    ['containerd github.com/containerd/containerd/v2 2.3.4 ', '2.3.4'],
    ['nftables v1.0.6 (Lester Gooch #5)', '1.0.6'],
    ['runc version 1.1.5+ds1\ncommit: 1', '1.1.5'],
    ['usage: bridge', undefined],
  ] as const) {
    it(`say version ${version ?? 'nothing'} in ${JSON.stringify(text.slice(0, 30))}`, () =>
      expect(parseVersion(text)).to.equal(version));
  }

  it('fit by whole numbers', () => {
    expect(fits('1.36.4', '1.36')).to.equal(true);
    expect(fits('1.3.6', '1.36')).to.equal(false);
    expect(fits('1.360.0', '1.36')).to.equal(false);
    expect(fits('2.15.1', '2')).to.equal(true);
  });
});
