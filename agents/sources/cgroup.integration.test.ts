import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../../wire/clock.ts';
import { RealCgroup, whyNoCgroupV1 } from '../testing/real-cgroup.ts';
import { until } from '../testing/until.ts';
import { CgroupSource } from './cgroup.ts';

const uid = '0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11';
const container = 'c'.repeat(64);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const parent = `homeostat-it-${process.pid}`;

/** What a source reads now, by metric; of objects of the same scope the last. */
const read = (source: CgroupSource): Record<string, number> => {
  const values: Record<string, number> = {};
  source.refresh();
  source.read((metric, _, value) => {
    values[source.metrics[metric] ?? ''] = value;
  });
  return values;
};

/**
 * The kernel’s real files. A machine that has none of the kind says why and skips, unless HOMEOSTAT_REQUIRE_CGROUPS is
 * set: then that is a failure.
 */
describe('CgroupSource on this machine', function () {
  const need = (context: Mocha.Context, missing: string | undefined): void => {
    if (missing === undefined) return;
    if (process.env['HOMEOSTAT_REQUIRE_CGROUPS'] !== undefined) throw new Error(missing);
    console.log(`      (${missing})`);
    context.skip();
  };

  describe('v1', () => {
    const made: RealCgroup[] = [];
    let source: CgroupSource;
    const make = (relative: string): RealCgroup => {
      const cgroup = new RealCgroup(`${parent}/${relative}`);
      made.unshift(cgroup);
      return cgroup;
    };
    let pod: RealCgroup;
    let child: RealCgroup;
    before(function () {
      need(this, whyNoCgroupV1());
    });
    beforeEach(() => {
      for (const relative of ['', 'kubepods', 'kubepods/burstable']) make(relative);
      pod = make(`kubepods/burstable/pod${uid}`);
      child = make(`kubepods/burstable/pod${uid}/${container}`);
      source = new CgroupSource({ cgroupRoot: '/sys/fs/cgroup', cgroupParent: parent, procRoot: '/proc' }, systemClock);
    });
    afterEach(async () => {
      source.stop();
      for (const cgroup of made.splice(0)) await cgroup.remove();
    });

    it('measures CPU, throttling and processes', async () => {
      child.set('cpu/cpu.cfs_period_us', 50_000);
      child.set('cpu/cpu.cfs_quota_us', 10_000);
      child.run('for (;;);');
      await sleep(500);
      // How much the machine lets it run is not ours to say: the kernel's own counters are what it is held to.
      type Counts = readonly [ms: number, cpuSeconds: number, periods: number, throttled: number];
      const since = (begin: Counts, end: Counts): Counts => [
        end[0] - begin[0],
        end[1] - begin[1],
        end[2] - begin[2],
        end[3] - begin[3],
      ];
      const counts = (): Counts => [
        performance.now(),
        child.count('cpuacct/cpuacct.usage') / 1e9,
        child.count('cpu/cpu.stat', 'nr_periods'),
        child.count('cpu/cpu.stat', 'nr_throttled'),
      ];
      // The source reads between two looks of ours, so what it finds lies between what they allow.
      const outer = counts();
      read(source);
      const inner = counts();
      await sleep(2000);
      await until('it is throttled', () => counts()[3] > inner[3] || undefined);
      const innerAfter = counts();
      const values = read(source);
      const outerAfter = counts();
      const [leastMs, leastUsed, leastPeriods, leastThrottled] = since(inner, innerAfter);
      const [mostMs, mostUsed, mostPeriods, mostThrottled] = since(outer, outerAfter);
      const usage = [(leastUsed * 1000) / mostMs, (mostUsed * 1000) / leastMs] as const;
      expect(leastUsed, 'the loop runs').to.be.greaterThan(0);
      expect(values['k8s.container.cpu.usage']).to.be.within(...usage);
      expect(values['k8s.container.cpu.limit_utilization']).to.be.within(usage[0] / 0.2, usage[1] / 0.2);
      expect(values['k8s.container.cpu.throttled']).to.be.within(
        leastThrottled / mostPeriods,
        mostThrottled / leastPeriods,
      );
      expect(values['k8s.container.processes']).to.be.at.least(1);
      expect(values['k8s.pod.cpu.usage']).to.be.within(usage[0] * 0.98, usage[1] * 1.02);
      expect(values['k8s.pod.cpu.throttled'], 'the pod has no limit').to.be.NaN;
      expect(values['k8s.container.pressure.cpu'], 'v1 knows no pressure').to.be.NaN;
    });

    it('measures memory and its limit', async () => {
      child.set('memory/memory.limit_in_bytes', 200 * 2 ** 20);
      const before = read(source)['k8s.container.memory.working_set'] ?? 0;
      child.run('globalThis.kept = Buffer.alloc(80 * 2 ** 20, 1); setInterval(() => {}, 1000);');
      await until(
        '80 MiB are used',
        () => (read(source)['k8s.container.memory.usage'] ?? 0) > 80 * 2 ** 20 || undefined,
      );
      const values = read(source);
      const used = values['k8s.container.memory.working_set'] ?? 0;
      expect(used - before).to.be.within(80 * 2 ** 20, 180 * 2 ** 20);
      expect(values['k8s.container.memory.limit']).to.equal(200 * 2 ** 20);
      expect(values['k8s.container.memory.limit_utilization']).to.be.closeTo(used / (200 * 2 ** 20), 1e-9);
    });

    const hungry = 'const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 20, 1));';

    it('tells within 300 ms that a child was killed while the container lives on', async () => {
      const told: string[] = [];
      source.start((cells) => told.push(...cells.map(({ metric, value }) => `${source.metrics[metric]} ${value}`)));
      child.run('setInterval(() => {}, 1000)');
      await sleep(300);
      child.set('memory/memory.limit_in_bytes', 120 * 2 ** 20);
      await once(child.run(hungry), 'exit');
      await until('the kill is told', () => told.length >= 2 || undefined);
      expect(told).to.have.members(['k8s.container.oom_kills 1', 'k8s.pod.oom_kills 1']);
    });

    it('attributes the kill of a container that vanishes with it to the pod', async () => {
      const told: string[] = [];
      source.start((cells) => told.push(...cells.map(({ metric, value }) => `${source.metrics[metric]} ${value}`)));
      await sleep(250);
      pod.set('memory/memory.limit_in_bytes', 100 * 2 ** 20);
      await once(child.run(hungry), 'exit');
      await child.remove();
      await until('the kill is told', () => told.includes('k8s.pod.oom_kills 1') || undefined);
    });
  });

  describe('v2', () => {
    const tree = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(`${path}/cgroup.controllers`));
    const directories = ['', '/kubepods', `/kubepods/pod${uid}`, `/kubepods/pod${uid}/${container}`].map(
      (relative) => `${tree}/${parent}${relative}`,
    );
    before(function () {
      need(this, tree === undefined ? 'this machine has no unified tree' : undefined);
      need(this, process.getuid?.() === 0 ? undefined : 'it needs root');
    });
    after(() => {
      for (const directory of directories.toReversed()) if (existsSync(directory)) rmdirSync(directory);
    });

    it('measures CPU time and pressure, which need no controller', async () => {
      for (const directory of directories) mkdirSync(directory);
      const options = { cgroupRoot: tree ?? '', cgroupParent: parent, procRoot: '/proc' };
      const source = new CgroupSource(options, systemClock);
      read(source);
      await sleep(200);
      const values = read(source);
      source.stop();
      expect(values['k8s.container.cpu.usage']).to.equal(0);
      const pressureExists = existsSync(`${directories[3]}/cpu.pressure`);
      expect(values['k8s.container.pressure.cpu']).to.equal(pressureExists ? 0 : Number.NaN);
      expect(values['k8s.container.pressure.io']).to.equal(pressureExists ? 0 : Number.NaN);
    });
  });
});
