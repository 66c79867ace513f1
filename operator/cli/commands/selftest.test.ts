import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { recorded, utilization } from '../../replay/harness.test.ts';
import { faultKinds } from '../../replay/selftest/faults.ts';
import { expectGolden } from '../testing/golden.ts';
import { Terminal } from '../testing/terminal.ts';

const policy = `
apiVersion: homeostat.dev/v1alpha1
kind: DetectionPolicy
metadata: {name: full, namespace: shop}
spec:
  target: {kind: Container}
  signals: [{name: high, metric: ${utilization}, detect: {threshold: {above: "90%"}}}]
  clearForSeconds: 5
  routes: [{to: Incident}]
`;

describe('homeostat selftest', () => {
  let terminal: Terminal;
  let directory: string;
  beforeEach(async () => {
    terminal = await new Terminal().start();
    directory = mkdtempSync(join(tmpdir(), 'homeostat-selftest-'));
    recorded(join(directory, 'w.hrec'), {
      seconds: 300,
      pods: { 'web-1': () => 0.3, 'web-2': () => 0.2, 'web-3': () => 0.1 },
    });
    writeFileSync(join(directory, 'policy.yaml'), policy);
  });
  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await terminal.stop();
  });
  const run = (argv: string) => terminal.run(`selftest ${argv.replaceAll('DIR', directory)}`);

  it('tells what a policy finds, without a cluster', async () => {
    const { code, out, error } = await run(
      '-f DIR/policy.yaml --file DIR/w.hrec --rounds 4 --faults shift,dropout --kubeconfig /nowhere',
    );
    expect([code, error]).to.deep.equal([0, '']);
    expectGolden('selftest', out);
  });

  it('prints a document for programs', async () => {
    const { out } = await run('-f DIR/policy.yaml --file DIR/w.hrec --rounds 2 --faults spike --seed 5 -o json');
    const { seed, policies } = JSON.parse(out) as { seed: number; policies: { all: { injected: number } }[] };
    expect([seed, policies[0]?.all.injected]).to.deep.equal([5, 2]);
  });

  it('names a signal that the policy does not have', async () => {
    const { code, error } = await run('-f DIR/policy.yaml --file DIR/w.hrec --signal low');
    expect([code, error]).to.deep.equal([
      1,
      'error: DetectionPolicy full cannot be used: spec.signals has no signal low\n',
    ]);
  });

  const refused: [argv: string, says: string][] = [
    ['-f DIR/policy.yaml', 'give either --file RECORDING or --since TIME'],
    ['-f DIR/policy.yaml --file DIR/w.hrec --faults fire', `There are ${faultKinds.join(', ')}`],
    ['-f DIR/policy.yaml --file DIR/w.hrec --rounds 0', 'a whole number from 1'],
    ['-f DIR/policy.yaml --file DIR/w.hrec --faults-per-week -1', 'greater than 0'],
    ['--file DIR/w.hrec', 'there is no policy'],
  ];
  for (const [argv, says] of refused)
    it(`refuses ${argv}`, async () => {
      const ran = await run(argv);
      expect(ran.error).to.include(says);
      expect(ran.code).to.equal(2);
    });
});
