import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { declareMetrics, metrics, type Metric } from '../../../engine/metrics.ts';
import { openTelemetryName } from '../../../engine/open-telemetry.ts';
import { measuredBy } from '../render/metrics.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat metrics', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  it('prints every metric with unit, kind, scope and source, without asking a cluster', async () => {
    const { code, out } = await terminal.run('metrics --kubeconfig /nowhere');
    expect(code).to.equal(0);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(['METRIC', ...metrics.map(({ name }) => name)]);
    expect(Math.max(...lines.map((line) => Array.from(line).length))).to.be.at.most(120);
    expect(out).to.match(/^k8s\.pod\.oom_kills +\{kill\} +counter +Pod +agent +Processes of the pod/m);
  });

  it('prints those that a word stands for, and whole lines with -o wide', async () => {
    const { out } = await terminal.run('metrics WAITING -o wide');
    expect(out).to.match(/^METRIC.*STATES\nk8s\.container\.status\.waiting .*any other reason\. +None, .*, Other\n$/);
  });

  it('prints names and objects for programs', async () => {
    const { out: names } = await terminal.run('metrics oom_kills -o name');
    expect(names).to.equal('k8s.pod.oom_kills\nk8s.container.oom_kills\n');
    const { out: objects } = await terminal.run('metrics -o json');
    const parsed = JSON.parse(objects) as (Metric & { openTelemetry?: string })[];
    expect(parsed).to.deep.equal(
      metrics.map((metric) => {
        const openTelemetry = openTelemetryName(metric.name);
        return openTelemetry === undefined ? metric : { ...metric, openTelemetry };
      }),
    );
    expect(parsed.find(({ name }) => name === 'k8s.container.restarts')?.openTelemetry).to.equal(
      'k8s.container.restart.count',
    );
  });

  it('says what is near to a word that stands for none', async () => {
    const { code, error } = await terminal.run('metrics k8s.pod.oomkills');
    expect(code).to.equal(2);
    expect(error).to.include('did you mean k8s.pod.oom_kills');
  });
});

describe('homeostat --metrics-file', () => {
  let terminal: Terminal;
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-metrics-'));
  const file = join(directory, 'metrics.yaml');
  before(async () => {
    terminal = await new Terminal().start();
  });
  after(() => {
    declareMetrics([]);
    rmSync(directory, { recursive: true });
    return terminal.stop();
  });

  it('makes the metrics known that are declared there, for this run', async () => {
    writeFileSync(file, 'metrics: [{name: shop.queue, unit: "{order}", kind: gauge}]\n');
    const { out } = await terminal.run(`metrics shop. --metrics-file ${file} -o name`);
    expect(out).to.equal('shop.queue\n');
    expect((await terminal.run('metrics shop.')).code).to.equal(2);
  });

  it('says what is wrong with it', async () => {
    writeFileSync(file, 'metrics: [{name: queue, unit: "{order}", kind: gauge}]\n');
    const { code, error } = await terminal.run(`metrics --metrics-file ${file}`);
    expect(code).to.equal(2);
    expect(error).to.match(/metrics\.yaml: metrics\[0\]\.name: must be words with dots between/);
  });
});

describe('docs/metrics.md', () => {
  const file = 'docs/metrics.md';
  const [begin, end] = ['<!-- what follows is printed from the catalogue -->\n', '\n<!-- until here -->'] as const;
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const theirs = ({ name }: Metric): string => {
    const other = openTelemetryName(name);
    return other === undefined ? '' : other === name ? 'same' : `\`${other}\``;
  };
  const row = (metric: Metric): string =>
    `| \`${metric.name}\` | \`${metric.unit}\` | ${metric.kind} | ${metric.scope} | ${measuredBy(metric)} | ${cell(metric.description)} | ${theirs(metric)} |`;

  it('says what the catalogue says (GOLDEN=write writes it anew)', () => {
    const text = readFileSync(file, 'utf8');
    const [before = '', rest = ''] = text.split(begin);
    const [, after = ''] = rest.split(end);
    const head = '| metric | unit | kind | of each | from | what | OpenTelemetry |\n|---|---|---|---|---|---|---|';
    const expected = `${before}${begin}\n${head}\n${metrics.map(row).join('\n')}\n${end}${after}`;
    if (process.env['GOLDEN'] === 'write') writeFileSync(file, expected);
    expect(readFileSync(file, 'utf8')).to.equal(expected);
  });
});
