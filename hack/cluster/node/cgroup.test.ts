import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cgroupLayout } from './cgroup.ts';
import { nodeObstacles, type Machine } from './obstacles.ts';

describe('cgroup layout', () => {
  let root = '';
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'cgroup-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  const hierarchies = (...names: readonly string[]): void => {
    for (const name of names) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'cgroup.procs'), '');
    }
  };
  const all = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd'];

  it('is version 2 where the unified hierarchy has the controllers', () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpuset cpu io memory hugetlb pids\n');
    expect(cgroupLayout(root)).to.deep.equal({ version: 2 });
  });

  it('names the controllers version 2 lacks', () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu pids\n');
    expect(cgroupLayout(root)).to.deep.equal({
      version: undefined,
      obstacle: 'cgroup v2 without the controllers cpuset, memory',
    });
  });

  it('is version 1 where every hierarchy is mounted', () => {
    hierarchies(...all);
    expect(cgroupLayout(root)).to.deep.equal({ version: 1, hierarchies: all });
  });

  it('names the hierarchies version 1 lacks', () => {
    hierarchies(...all.filter((name) => name !== 'systemd'));
    expect(cgroupLayout(root)).to.deep.include({ version: undefined });
    expect(JSON.stringify(cgroupLayout(root))).to.match(/has no cgroup v2, and of v1 these are missing: systemd/);
  });
});

describe('obstacles to real nodes', () => {
  const able: Machine = {
    platform: 'linux',
    uid: 0,
    capabilities: '1ffffffffff',
    cgroupObstacle: undefined,
    has: () => true,
  };
  const table: readonly (readonly [what: string, machine: Partial<Machine>, reasons: readonly string[]])[] = [
    ['nothing on a machine that has everything', {}, []],
    ['another system', { platform: 'darwin' }, ['they need Linux, this is darwin']],
    ['a user who is not root', { uid: 1000 }, ['they need root (namespaces, cgroups, a bridge)']],
    ['no cgroups', { cgroupObstacle: 'no cgroups here' }, ['no cgroups here']],
    [
      'a root with few capabilities',
      { capabilities: '00000000a80425fb' },
      [
        'this root lacks the capability CAP_NET_ADMIN (a container that is not privileged?)',
        'this root lacks the capability CAP_SYS_ADMIN (a container that is not privileged?)',
      ],
    ],
    [
      'missing programs',
      { has: (program) => program === 'bash' || program === 'mount' },
      [
        'the program ip is missing (Debian package iproute2)',
        'the program nsenter is missing (Debian package util-linux)',
        'the program unshare is missing (Debian package util-linux)',
      ],
    ],
  ];
  for (const [what, machine, reasons] of table) {
    it(`are said for ${what}`, () => expect(nodeObstacles({ ...able, ...machine })).to.deep.equal(reasons));
  }
});
