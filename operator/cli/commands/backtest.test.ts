import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BacktestReport } from '../../replay/backtest/report.ts';
import { recorded, utilization } from '../../replay/harness.test.ts';
import { expectGolden } from '../testing/golden.ts';
import { Terminal } from '../testing/terminal.ts';

const policy = `
apiVersion: homeostat.dev/v1alpha1
kind: DetectionPolicy
metadata: {name: full, namespace: shop}
spec:
  target: {kind: Container, selector: {matchLabels: {app: web}}}
  mode: Enforce
  signals: [{name: high, metric: ${utilization}, detect: {threshold: {above: "90%"}}}]
  forSeconds: 2
  clearForSeconds: 5
  routes: [{to: Remediate, plan: restart}]
`;
const plan = `---
apiVersion: homeostat.dev/v1alpha1
kind: RemediationPlan
metadata: {name: restart, namespace: shop}
spec:
  mode: Enforce
  steps: [{name: restart, action: {restartPod: {}}}]
  verify: {stabilizationSeconds: 5, timeoutSeconds: 20, onFailure: Keep}
  guards: {maxConcurrent: 1, maxAttempts: 1}
`;

describe('homeostat backtest', () => {
  let terminal: Terminal;
  let directory: string;
  beforeEach(async () => {
    terminal = await new Terminal().start();
    directory = mkdtempSync(join(tmpdir(), 'homeostat-backtest-'));
    recorded(join(directory, 'w.hrec'), {
      seconds: 150,
      pods: {
        'web-1': (t) => (t >= 60 && t < 75 ? 0.95 : 0.3),
        'web-2': (t) => (t >= 70 ? 0.95 : 0.3),
        'web-3': () => 0.1,
      },
    });
    writeFileSync(join(directory, 'policy.yaml'), policy);
    writeFileSync(join(directory, 'both.yaml'), policy + plan);
    writeFileSync(join(directory, 'quiet.yaml'), policy.replace('90%', '99%'));
    writeFileSync(
      join(directory, 'other.yaml'),
      policy.replace('Container', 'Pod').replace(utilization, 'k8s.pod.oom_kills'),
    );
    writeFileSync(join(directory, 'wrong.yaml'), policy.replace('forSeconds: 2', 'forSeconds: soon'));
  });
  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await terminal.stop();
  });
  const run = (argv: string) => terminal.run(`backtest ${argv.replaceAll('DIR', directory)}`);

  it('tells what would have fired and begun, without a cluster', async () => {
    const { code, out, error } = await run('-f DIR/both.yaml --file DIR/w.hrec --kubeconfig /nowhere');
    expect([code, error]).to.deep.equal([0, '']);
    expectGolden('backtest', out);
  });

  const expectations: [file: string, expected: string, code: number][] = [
    ['policy', 'fires', 0],
    ['policy', 'none', 1],
    ['quiet', 'fires', 1],
    ['quiet', 'none', 0],
  ];
  for (const [file, expected, code] of expectations)
    it(`exits with ${code} when ${file} is expected: ${expected}`, async () => {
      const ran = await run(`-f DIR/${file}.yaml --file DIR/w.hrec --expect ${expected}`);
      expect(ran.code).to.equal(code);
      expect(ran.error).to.match(code === 0 ? /^$/ : new RegExp(`^error: shop/full .*, expected: ${expected}\n$`));
    });

  it('prints a document for programs', async () => {
    const { out } = await run('-f DIR/policy.yaml --file DIR/w.hrec -o json');
    const { policies, frames } = JSON.parse(out) as BacktestReport;
    expect(frames).to.equal(150);
    expect(policies[0]?.fired.map(({ name }) => name)).to.deep.equal([
      'Container shop/web-1/app',
      'Container shop/web-2/app',
    ]);
  });

  it('takes an applied policy by its name, and takes nothing judged for nothing proven', async () => {
    const { code, out, error } = await run('memory-leak -n shop --file DIR/w.hrec --compare --expect incidents');
    expect([code, error]).to.deep.equal([
      1,
      'error: shop/memory-leak has no target in what was recorded: nothing was judged\n',
    ]);
    expect(out).to.include('shop/memory-leak, 0 targets\n  never fires\n  it selects nothing that was recorded');
  });

  it('says which metrics were not recorded', async () => {
    const { out } = await run('-f DIR/other.yaml --file DIR/w.hrec');
    expect(out).to.include('nothing recorded tells of k8s.pod.oom_kills\n');
  });

  const refused: [argv: string, code: number, says: string][] = [
    ['-f DIR/policy.yaml', 2, 'give either --file RECORDING or --since TIME'],
    ['--file DIR/w.hrec', 2, 'there is no policy'],
    ['-f DIR/policy.yaml --file DIR/w.hrec --expect incidents', 2, 'give --compare too'],
    ['-f DIR/nowhere.yaml --file DIR/w.hrec', 1, 'nowhere.yaml: ENOENT: no such file or directory\n'],
    ['-f DIR/wrong.yaml --file DIR/w.hrec', 1, 'DetectionPolicy full cannot be used: spec.forSeconds'],
    ['-f DIR/policy.yaml --file DIR/policy.yaml', 1, 'policy.yaml: not a recording of Homeostat (at byte 0)'],
    ['-f DIR/policy.yaml --file DIR/nowhere.hrec', 1, 'nowhere.hrec: ENOENT: no such file or directory\n'],
    ['-f DIR/policy.yaml --since soon --kubeconfig /nowhere', 2, '"soon" is not a time'],
    ['no-such -n shop --file DIR/w.hrec', 3, 'no-such'],
  ];
  for (const [argv, code, says] of refused)
    it(`answers ${argv} with ${code}`, async () => {
      const ran = await run(argv);
      expect(ran.error).to.include(says);
      expect([ran.code, ran.out]).to.deep.equal([code, '']);
    });
});
