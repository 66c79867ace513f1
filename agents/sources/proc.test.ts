import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { ProcSource } from './proc.ts';

const disk = (name: string, busyMs: number): string => `   8 0 ${name} 9 9 9 9 9 9 9 9 0 ${busyMs} 9 9 9 9 9 9 9\n`;
const network = (received: number, transmitted: number): string =>
  `Inter-|   Receive\n face |bytes\n    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n  eth0:${received} 1 0 0 0 0 0 0 ${transmitted} 1 0 0 0 0 0 0\n  eth1: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n`;

/** A /proc at a first moment. */
const first: Record<string, string> = {
  stat: 'cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3\nintr 5 5 5\n',
  loadavg: '1.25 0.80 0.40 2/345 6789\n',
  meminfo: 'MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n',
  diskstats: disk('sda', 1000) + disk('sdb', 5000) + disk('loop0', 0),
  '1/net/dev': network(1000, 2000),
  'net/dev': network(5, 5),
  'pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 total=7\n',
};
/** The same two seconds later. */
const second: Record<string, string> = {
  ...first,
  stat: 'cpu  150 0 100 800 150 0 0 0 50 0\n',
  diskstats: disk('sda', 2500) + disk('sdb', 5100) + disk('loop0', 2000),
  '1/net/dev': network(5000, 2500),
  'pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n',
};

describe('ProcSource', () => {
  let root: string;
  const clock = new FakeClock();
  const write = (files: Record<string, string>): void => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
  };
  const read = (source: ProcSource): Record<string, number> => {
    const values: Record<string, number> = {};
    source.read((metric, _, value) => {
      values[source.metrics[metric] ?? ''] = value;
    });
    return values;
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'homeostat-proc-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('reads levels at once and rates from the second time on', async () => {
    const source = new ProcSource({ procRoot: root }, clock);
    write(first);
    const before = read(source);
    expect(before).to.include({
      'system.cpu.load_average.1m': 1.25,
      'system.memory.utilization': 0.75,
      'system.memory.available': 250 * 1024,
    });
    expect(before['system.filesystem.utilization']).to.be.within(0, 1);
    expect(before['system.cpu.utilization']).to.be.NaN;
    await clock.advance(2000);
    write(second);
    const after = read(source);
    expect(after['system.cpu.utilization']).to.equal(0.25); // 50 of 200 ticks; waiting for I/O is idle
    expect(after['system.disk.io_time']).to.equal(0.75); // sda; loop devices are other disks’ files
    expect(after['system.network.io.receive']).to.equal(2000);
    expect(after['system.network.io.transmit']).to.equal(250);
    expect(after['system.pressure.cpu']).to.equal(0.25);
    source.stop();
  });

  it('takes its own network where it may not see that of process 1', async () => {
    const source = new ProcSource({ procRoot: root }, clock);
    const { '1/net/dev': _, ...files } = first;
    write(files);
    read(source);
    await clock.advance(1000);
    write({ 'net/dev': network(105, 5) });
    expect(read(source)['system.network.io.receive']).to.equal(100);
    source.stop();
  });

  it('goes on when an interface comes or goes', async () => {
    const source = new ProcSource({ procRoot: root }, clock);
    const head = 'Inter-|   Receive\n face |bytes\n';
    const line = (name: string, received: number): string =>
      `  ${name}: ${received} 1 0 0 0 0 0 0 ${received} 1 0 0 0 0 0 0\n`;
    const received = async (...lines: string[]): Promise<number | undefined> => {
      write({ '1/net/dev': head + lines.join('') });
      await clock.advance(1000);
      return read(source)['system.network.io.receive'];
    };
    expect(await received(line('eth0', 100), line('veth1', 9000))).to.be.NaN;
    expect(await received(line('eth0', 150), line('veth1', 9010))).to.equal(60);
    expect(await received(line('eth0', 170), line('veth2', 500))).to.equal(20);
    expect(await received(line('eth0', 190), line('veth2', 505))).to.equal(25);
    expect(await received(line('eth0', 200), line('veth2', 505), line('veth1', 8000))).to.equal(10);
    source.stop();
  });

  it('says nothing of what is not there', () => {
    const source = new ProcSource({ procRoot: root, filesystemPath: join(root, 'nothing') }, clock);
    const values = read(source);
    expect(Object.keys(values)).to.have.members(source.metrics);
    for (const [metric, value] of Object.entries(values)) expect(value, metric).to.be.NaN;
  });
});
