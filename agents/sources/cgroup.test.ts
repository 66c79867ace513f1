import { expect } from 'chai';
import type { Row } from '../../engine/frame/types.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { CgroupFixture } from '../testing/cgroup-fixture.ts';
import { CgroupSource } from './cgroup.ts';

const uid = '0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11';
const container = 'c'.repeat(64);
const sandbox = 'd'.repeat(64);

/** How the same pod lies in the trees of both versions and drivers. */
const layouts = [
  { name: 'v1, cgroupfs', version: 1, pod: `kubepods/burstable/pod${uid}`, child: (id: string) => id },
  { name: 'v1, cgroupfs, Guaranteed', version: 1, pod: `kubepods/pod${uid}`, child: (id: string) => id },
  { name: 'v2, cgroupfs', version: 2, pod: `kubepods/besteffort/pod${uid}`, child: (id: string) => id },
  {
    name: 'v2, systemd',
    version: 2,
    pod: `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`,
    child: (id: string) => `cri-containerd-${id}.scope`,
  },
  {
    name: 'v2, systemd, below kubelet',
    version: 2,
    pod: `kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${uid.replaceAll('-', '_')}.slice`,
    child: (id: string) => `crio-${id}.scope`,
  },
] as const;

describe('CgroupSource', () => {
  let fixture: CgroupFixture;
  let source: CgroupSource;
  const clock = new FakeClock();

  afterEach(() => {
    source.stop();
    fixture.delete();
  });
  const open = (): CgroupSource => {
    fixture.write('proc/vmstat', 'nr_free_pages 1\noom_kill 5\n');
    source = new CgroupSource({ cgroupRoot: fixture.root, procRoot: `${fixture.root}/proc` }, clock);
    return source;
  };
  /** What it reads, by metric and container id (or the pod’s UID). */
  const read = (): Record<string, Record<string, number>> => {
    source.refresh();
    const rows: readonly Row[] = source.objects();
    const found: Record<string, Record<string, number>> = {};
    source.read((metric, object, value) => {
      const row = rows[object];
      (found[source.metrics[metric] ?? ''] ??= {})[row?.container ?? row?.uid ?? ''] = value;
    });
    return found;
  };

  for (const { name, version, pod, child } of layouts)
    describe(name, () => {
      beforeEach(() => {
        fixture = new CgroupFixture(version);
        fixture.set(pod, {
          memoryBytes: 260e6,
          inactiveFileBytes: 10e6,
          memoryLimitBytes: 500e6,
          cpuSeconds: 3,
          cpuLimit: 1,
        });
        fixture.set(`${pod}/${child(sandbox)}`);
        fixture.set(`${pod}/${child(container)}`, {
          memoryBytes: 250e6,
          inactiveFileBytes: 50e6,
          memoryLimitBytes: 400e6,
          cpuSeconds: 3,
          cpuLimit: 0.5,
          periods: 100,
          throttled: 10,
          processes: 4,
          cpuPressureSeconds: 1,
        });
        open();
      });

      it('finds the pod, its container and its sandbox', () => {
        expect(source.objects()).to.have.deep.members([
          { scope: 'Pod', uid },
          { scope: 'Container', uid, container },
          { scope: 'Container', uid, container: sandbox },
        ]);
      });

      it('reads levels at once, and rates from the second read on', async () => {
        const first = read();
        expect(first['k8s.container.memory.usage']?.[container]).to.equal(250e6);
        expect(first['k8s.container.memory.working_set']?.[container]).to.equal(200e6);
        expect(first['k8s.container.memory.limit_utilization']?.[container]).to.equal(0.5);
        expect(first['k8s.container.processes']?.[container]).to.equal(4);
        expect(first['k8s.pod.memory.working_set']?.[uid]).to.equal(250e6);
        expect(first['k8s.pod.memory.limit_utilization']?.[uid]).to.equal(0.5);
        expect(first['k8s.container.cpu.usage']?.[container]).to.be.NaN;
        await clock.advance(2000);
        fixture.set(`${pod}/${child(container)}`, {
          memoryBytes: 250e6,
          cpuSeconds: 3.8,
          cpuLimit: 0.5,
          periods: 120,
          throttled: 15,
          cpuPressureSeconds: 1.5,
        });
        const second = read();
        expect(second['k8s.container.cpu.usage']?.[container]).to.be.closeTo(0.4, 1e-9);
        expect(second['k8s.container.cpu.limit_utilization']?.[container]).to.be.closeTo(0.8, 1e-9);
        expect(second['k8s.container.cpu.throttled']?.[container]).to.be.closeTo(0.25, 1e-9);
        const pressure = second['k8s.container.pressure.cpu']?.[container];
        if (version === 1) expect(pressure).to.be.NaN;
        else expect(pressure).to.be.closeTo(0.25, 1e-9);
        expect(second['k8s.container.pressure.io']?.[container]).to.be.NaN;
      });

      it('says that there is no limit by saying nothing', () => {
        const first = read();
        for (const metric of ['memory.limit', 'memory.limit_utilization', 'cpu.limit_utilization', 'cpu.throttled'])
          expect(first[`k8s.container.${metric}`]?.[sandbox], metric).to.be.NaN;
      });

      it('does not take a counter that began again for a rate', async () => {
        read();
        await clock.advance(1000);
        fixture.set(`${pod}/${child(container)}`, { cpuSeconds: 0.1 });
        expect(read()['k8s.container.cpu.usage']?.[container]).to.be.NaN;
        await clock.advance(1000);
        fixture.set(`${pod}/${child(container)}`, { cpuSeconds: 0.3 });
        expect(read()['k8s.container.cpu.usage']?.[container]).to.be.closeTo(0.2, 1e-9);
      });

      it('follows containers and pods that come and go, and gives the same list while none does', () => {
        const before = source.objects();
        read();
        expect(source.objects()).to.equal(before);
        const next = 'e'.repeat(64);
        fixture.remove(`${pod}/${child(container)}`);
        fixture.set(`${pod}/${child(next)}`);
        read();
        read();
        expect(source.objects().map((row) => row.container)).to.have.members([undefined, sandbox, next]);
        fixture.remove(pod);
        read();
        read();
        expect(source.objects()).to.deep.equal([]);
      });

      it('tells a kill within 200 ms, for the container and for the pod', async () => {
        const told: Record<string, number> = {};
        source.start((cells) => {
          for (const { metric, object, value } of cells)
            told[`${source.metrics[metric]} ${source.objects()[object]?.scope}`] = value;
        });
        await clock.advance(400);
        expect(told).to.deep.equal({});
        fixture.set(`${pod}/${child(container)}`, { memoryBytes: 1, oomKills: 1 });
        if (version === 2) fixture.set(pod, { memoryBytes: 1, oomKills: 1 });
        fixture.write('proc/vmstat', 'oom_kill 6\n');
        await clock.advance(200);
        expect(told).to.deep.equal({ 'k8s.container.oom_kills Container': 1, 'k8s.pod.oom_kills Pod': 1 });
        const now = read();
        expect(now['k8s.container.oom_kills']?.[container]).to.equal(1);
        expect(now['k8s.pod.oom_kills']?.[uid]).to.equal(1);
      });

      it('counts a kill of a container that is gone before anybody looks', async () => {
        const told: number[] = [];
        source.start((cells) => told.push(...cells.map(({ value }) => value)));
        await clock.advance(400);
        fixture.remove(`${pod}/${child(container)}`);
        fixture.set(pod, { memoryBytes: 1, limitHits: 7, oomKills: 1 });
        fixture.write('proc/vmstat', 'oom_kill 6\n');
        await clock.advance(400);
        expect(told).to.deep.equal([1]);
        expect(read()['k8s.pod.oom_kills']?.[uid]).to.equal(1);
      });
    });

  it('finds pods below another cgroup', () => {
    fixture = new CgroupFixture(1);
    fixture.set(`tb-node1/kubepods/pod${uid}`);
    fixture.write('proc/vmstat', '');
    const options = { cgroupRoot: fixture.root, cgroupParent: 'tb-node1', procRoot: `${fixture.root}/proc` };
    source = new CgroupSource(options, clock);
    expect(source.objects()).to.deep.equal([{ scope: 'Pod', uid }]);
  });

  it('waits for pods where there are none yet', () => {
    fixture = new CgroupFixture(2);
    open();
    expect(source.objects()).to.deep.equal([]);
    fixture.set(`kubepods/pod${uid}`);
    read();
    expect(source.objects()).to.deep.equal([{ scope: 'Pod', uid }]);
  });
});
