import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { KubeletError } from '../kubelet/client.ts';
import { KubeletStats, type KubeletStatsOptions } from './kubelet-stats.ts';

/** A kubelet's figures `seconds` after the first; it reads CPU every ten seconds. */
const summary = (seconds: number, more: object = {}) => {
  const time = new Date(Date.UTC(2026, 0, 31, 8, 0, Math.floor(seconds / 10) * 10)).toISOString();
  const cpu = (cores: number) => ({ time, usageCoreNanoSeconds: Math.floor(seconds / 10) * 10 * cores * 1e9 });
  return {
    node: { network: { time, interfaces: [{ name: 'eth0', rxBytes: seconds * 100, txBytes: seconds * 200 }] } },
    pods: [
      {
        podRef: { name: 'web-1', namespace: 'shop', uid: 'uid-1' },
        cpu: cpu(0.5),
        memory: { workingSetBytes: 30e6 },
        network: {
          time,
          name: 'eth0',
          rxBytes: 1,
          txBytes: 1,
          interfaces: [
            { name: 'eth0', rxBytes: seconds * 10, txBytes: seconds * 20 },
            { name: 'eth1', rxBytes: seconds * 5, txBytes: seconds * 5 },
            { name: 'lo', rxBytes: 1e9, txBytes: 1e9 },
          ],
        },
        'ephemeral-storage': { usedBytes: 4096 },
        volume: [
          { name: 'tmp', usedBytes: 99, capacityBytes: 100 },
          { name: 'data', pvcRef: { name: 'data' }, usedBytes: 75, capacityBytes: 100 },
          { name: 'more', pvcRef: { name: 'more' }, usedBytes: 5, capacityBytes: 100 },
        ],
        containers: [
          {
            name: 'app',
            cpu: cpu(0.5),
            memory: { usageBytes: 40e6, workingSetBytes: 30e6 },
            rootfs: { usedBytes: 1000 },
            logs: { usedBytes: 24 },
          },
        ],
      },
    ],
    ...more,
  };
};
const pods = {
  items: [
    {
      metadata: { uid: 'uid-1' },
      spec: { containers: [{ name: 'app', resources: { limits: { memory: '1Gi', cpu: '1' } } }] },
      status: { containerStatuses: [{ name: 'app', resources: { limits: { memory: '60M', cpu: '500m' } } }] },
    },
  ],
};

describe('KubeletStats', () => {
  let clock: FakeClock;
  let source: KubeletStats;
  let answers: Record<string, () => unknown>;
  const problems: (string | undefined)[] = [];
  const begun = 1_760_000_000_000;

  const begin = async (
    tells: KubeletStatsOptions['tells'],
    from: KubeletStatsOptions['from'] = 'Summary',
  ): Promise<void> => {
    clock = new FakeClock(begun);
    problems.length = 0;
    source = new KubeletStats(
      async (path) => answers[path]?.(),
      { tells, from, everyMs: 5000, onProblem: (problem) => problems.push(problem) },
      clock,
    );
    source.start();
    await clock.advance(0);
  };
  const seconds = (): number => (clock.now() - begun) / 1000;
  beforeEach(() => {
    answers = { '/stats/summary': () => summary(seconds()), '/pods': () => pods };
  });
  afterEach(() => source.stop());

  const read = (): Record<string, number> => {
    const values: Record<string, number> = {};
    source.read((metric, object, value) => {
      const name = source.metrics[metric] ?? '';
      const { container } = (name.startsWith('system.') ? undefined : source.objects()[object]) ?? {};
      values[`${name}${container === undefined ? '' : ` ${container}`}`] = value;
    });
    return Object.fromEntries(Object.entries(values).filter(([, value]) => !Number.isNaN(value)));
  };

  it('tells what cgroups do not, beside them', async () => {
    await begin('BesideCgroups');
    await clock.advance(10_000);
    expect(source.objects()).to.deep.equal([
      { scope: 'Pod', uid: 'uid-1' },
      { scope: 'Container', uid: 'uid-1', container: 'app' },
    ]);
    expect(read()).to.deep.equal({
      'k8s.pod.network.io.receive': 15,
      'k8s.pod.network.io.transmit': 25,
      'k8s.pod.filesystem.usage': 4096,
      'k8s.pod.volume.utilization': 0.75,
      'k8s.container.filesystem.usage app': 1024,
    });
  });

  it('tells CPU and memory as well, with the limits in force, where there is nothing else', async () => {
    await begin('Alone');
    await clock.advance(10_000);
    expect(read()).to.deep.include({
      'system.network.io.receive': 100,
      'system.network.io.transmit': 200,
      'k8s.pod.cpu.usage': 0.5,
      'k8s.pod.memory.working_set': 30e6,
      'k8s.pod.memory.limit_utilization': 0.5,
      'k8s.container.cpu.usage app': 0.5,
      'k8s.container.cpu.limit_utilization app': 1,
      'k8s.container.memory.usage app': 40e6,
      'k8s.container.memory.limit app': 60e6,
      'k8s.container.memory.limit_utilization app': 0.5,
    });
  });

  it('tells CPU and memory from /metrics/resource, as kubelets write it, with the limits of /pods', async () => {
    const capture = (name: string): string =>
      readFileSync(`${import.meta.dirname}/../kubelet/captures/${name}`, 'utf8');
    answers = {
      '/pods': () => JSON.parse(capture('pods.json')),
      '/metrics/resource': () => capture(seconds() < 15 ? 'resource-1.txt' : 'resource-2.txt'),
    };
    await begin('Alone', 'Resource');
    await clock.advance(15_000);
    const uid = 'b169e939-cb8f-41b4-86b8-e051a7f64abd';
    const told = new Map<string, number>();
    source.read((metric, object, value) => {
      const row = source.objects()[object];
      if (row?.uid === uid) told.set(`${source.metrics[metric]} ${row.container ?? ''}`.trim(), value);
    });
    expect([...told.keys()].filter((key) => !key.startsWith('k8s.'))).to.deep.equal([]);
    const workingSet = told.get('k8s.container.memory.working_set main') ?? NaN;
    expect(workingSet).to.be.within(1e5, 1e7);
    expect(told.get('k8s.container.memory.limit_utilization main')).to.equal(workingSet / (64 * 2 ** 20));
    expect(told.get('k8s.container.cpu.usage main')).to.be.within(0, 0.1);
    expect(problems).to.deep.equal([]);
  });

  it('holds a rate until the kubelet has read the counter again', async () => {
    await begin('BesideCgroups');
    await clock.advance(10_000);
    const before = read();
    await clock.advance(5000);
    expect(read()).to.deep.equal(before);
  });

  it('knows no share of a limit that it may not ask for, and says what to grant', async () => {
    answers['/pods'] = () => {
      throw new KubeletError('GET /pods of the kubelet: it refuses: grant it', 403);
    };
    await begin('Alone');
    await clock.advance(20_000);
    expect(problems).to.deep.equal(['GET /pods of the kubelet: it refuses: grant it']);
    expect(read()).to.include({ 'k8s.container.memory.working_set app': 30e6 });
    expect(Object.keys(read()).filter((name) => name.includes('limit'))).to.deep.equal([]);
  });

  it('tells nothing old, says why once, and goes on', async () => {
    await begin('BesideCgroups');
    await clock.advance(10_000);
    answers['/stats/summary'] = () => ({ kind: 'Status' });
    await clock.advance(14_000);
    expect(read()).not.to.deep.equal({});
    await clock.advance(2000);
    expect(read()).to.deep.equal({});
    answers['/stats/summary'] = () => summary(seconds());
    await clock.advance(5000);
    expect(read()).not.to.deep.equal({});
    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(/stats\/summary.*it has no "node" and "pods"/);
    expect(problems[1]).to.equal(undefined);
  });

  it('forgets pods that are gone, and keeps its rows while they stay', async () => {
    await begin('BesideCgroups');
    const before = source.objects();
    await clock.advance(10_000);
    expect(source.objects()).to.equal(before);
    answers['/stats/summary'] = () => summary(seconds(), { pods: [] });
    await clock.advance(5000);
    expect(source.objects()).to.deep.equal([]);
  });

  for (const answer of [null, 1, [], { node: {}, pods: [null, {}, { containers: [7] }] }, { node: 1, pods: {} }])
    it(`bears ${JSON.stringify(answer)}`, async () => {
      answers['/stats/summary'] = () => answer;
      answers['/pods'] = () => answer;
      await begin('Alone');
      read();
    });
});
