import { expect } from 'chai';
import { parseOptions } from './options.ts';

const refused: readonly [string, readonly string[], RegExp][] = [
  ['no node', [], /--node/],
  ['a name that no node has', ['--node', 'A b'], /--node.*name of a Kubernetes node/s],
  ['a port that is none', ['--metrics-port', '70000'], /--metrics-port.*from 0 to 65535/s],
  ['an address without a scheme', ['--nats-url', 'localhost'], /--nats-url.*nats:\/\/host:4222/s],
  ['one bad address of two', ['--nats-url', 'nats://a:1,b'], /--nats-url/],
  ['a kubelet without a port', ['--kubelet-address', '10.0.0.5'], /--kubelet-address.*10\.0\.0\.5:10250/s],
  ['a kubelet with port 0', ['--kubelet-address', '10.0.0.5:0'], /--kubelet-address/],
  ['a bare IPv6 address', ['--kubelet-address', 'fd00::5:10250'], /--kubelet-address.*\[fd00::5\]:10250/s],
  ['questions to no kubelet', ['--node', 'n', '--kubelet-stats'], /--kubelet-stats needs --kubelet-address/],
  ['nothing that tells of pods', ['--node', 'n', '--no-cgroups'], /--no-cgroups needs --kubelet-stats/],
  ['pods asked for nothing', ['--node', 'n', '--scrape'], /--scrape needs --metrics-file/],
  ['a port for nothing', ['--node', 'n', '--ingest-port', '1'], /--ingest-port needs --metrics-file/],
  ['a namespace that is none', ['--ingest-trusted-namespaces', 'a,B c'], /--ingest-trusted-namespaces.*namespaces/s],
  ['metrics of nobody', ['--node', 'n', '--metrics-file', '/m'], /--metrics-file needs --kubelet-address/],
  ['CPU and memory twice', ['--node', 'n', '--kubelet-stats-from', 'Resource'], /Resource needs --no-cgroups/],
  ['a relative path', ['--cgroup-root', 'sys'], /--cgroup-root.*absolute path/s],
  ['an interval of nothing', ['--interval-milliseconds', '1'], /--interval-milliseconds.*from 100/s],
  ['a level that is none', ['--log-level', 'loud'], /--log-level.*error, warn, info, debug/s],
  ['a subject of two tokens', ['--subject-prefix', 'a.b'], /--subject-prefix/],
  ['a flag that is none', ['--nonsense'], /--nonsense/],
  ['a word too many', ['surplus'], /too many arguments/],
];

describe('agent options', () => {
  // What the environment of the test says must not count.
  const names = ['NODE_NAME', ...Object.keys(process.env).filter((name) => name.startsWith('HOMEOSTAT_'))];
  const saved = new Map(names.map((name) => [name, process.env[name]]));
  const stderr = process.stderr.write.bind(process.stderr);
  let said = '';
  beforeEach(() => {
    for (const name of names) delete process.env[name];
    said = '';
    process.stderr.write = (text: string | Uint8Array): boolean => {
      said += String(text);
      return true;
    };
  });
  afterEach(() => {
    process.stderr.write = stderr;
    for (const [name, value] of saved)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  it('needs the node’s name only', () => {
    expect(parseOptions(['--node', 'n1'])).to.include({
      node: 'n1',
      natsUrl: 'nats://127.0.0.1:4222',
      cgroupRoot: '/sys/fs/cgroup',
      procRoot: '/proc',
      metricsPort: 9091,
    });
    expect(parseOptions(['--node', 'n1']).kubeletAddress).to.equal(undefined);
  });

  it('takes the node’s name from NODE_NAME, and prefers the flag', () => {
    process.env['NODE_NAME'] = 'from-env';
    expect(parseOptions([]).node).to.equal('from-env');
    expect(parseOptions(['--node', 'from-flag']).node).to.equal('from-flag');
  });

  it('reads addresses of kubelets', () => {
    const addressOf = (text: string): unknown =>
      parseOptions(['--node', 'n', '--kubelet-address', text]).kubeletAddress;
    expect(addressOf('10.0.0.5:10250')).to.deep.equal({ host: '10.0.0.5', port: 10250 });
    expect(addressOf('[fd00::5]:10250')).to.deep.equal({ host: 'fd00::5', port: 10250 });
    expect(addressOf('node-1.example:10250')).to.deep.equal({ host: 'node-1.example', port: 10250 });
  });

  for (const [what, argv, message] of refused)
    it(`refuses ${what} and names the flag`, () => {
      const all = what === 'no node' ? argv : ['--node', 'n1', ...argv];
      expect(() => parseOptions(all))
        .to.throw()
        .with.property('exitCode', 2);
      expect(said).to.match(message);
    });
});
