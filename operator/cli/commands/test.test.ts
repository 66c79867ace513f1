import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectGolden } from '../testing/golden.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat test', () => {
  let terminal: Terminal;
  let directory: string;
  beforeEach(async () => {
    terminal = await new Terminal().start();
    directory = mkdtempSync(join(tmpdir(), 'homeostat-test-'));
  });
  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await terminal.stop();
  });

  it('passes the scenarios of the examples, without a cluster', async () => {
    const { code, out } = await terminal.run('test crds/examples/scenarios/crash-loop.yaml --kubeconfig /nowhere');
    expect([code, out]).to.deep.equal([
      0,
      'crds/examples/scenarios/crash-loop.yaml\n  ✓ one failure is none\n  ✓ the second of several failures\n2 passed, 0 failed\n',
    ]);
  });

  it('shows where a policy judges otherwise, and what cannot be understood', async () => {
    const scenario = (name: string, rest: string): string => `
name: ${name}
policy: {target: {kind: Pod}, signals: [{name: kills, metric: k8s.pod.oom_kills, detect: {threshold: {above: "0"}}}], clearForSeconds: 0}
series: [{of: pod a, metric: k8s.pod.oom_kills, values: 0x2 1x2 0}]
${rest}
`;
    writeFileSync(
      join(directory, 's.yaml'),
      [
        scenario('right', 'fires: [2s a]'),
        scenario('other times', 'verdicts: [1s a Inactive > Firing, 4s a Firing > Inactive]'),
        scenario('a slip', 'fire: [2s a]'),
      ].join('---'),
    );
    const { code, out } = await terminal.run(`test ${directory}/s.yaml`);
    expect(code).to.equal(1);
    expectGolden('test', out.replaceAll(directory, 'DIR'));
    const { out: json } = await terminal.run(`test ${directory}/s.yaml -o json`);
    const { scenarios } = JSON.parse(json) as { scenarios: { name: string; passed: boolean; told?: string[] }[] };
    expect(scenarios.map(({ passed }) => passed)).to.deep.equal([true, false, false]);
    expect(scenarios[1]?.told).to.deep.equal(['2s a Inactive > Firing', '4s a Firing > Inactive']);
  });

  it('says that a policy is no scenario', async () => {
    const { code, out } = await terminal.run('test crds/examples/crash-loop.yaml');
    expect(code).to.equal(1);
    expect(out).to.include('this is a DetectionPolicy, not a scenario');
  });

  const refused: [file: string, text: string | undefined, says: string][] = [
    ['nowhere.yaml', undefined, 'nowhere.yaml: ENOENT: no such file or directory\n'],
    ['broken.yaml', 'a: [', 'broken.yaml: Flow sequence'],
    ['empty.yaml', '', 'there is no scenario in'],
  ];
  for (const [file, text, says] of refused)
    it(`answers ${file} with 1`, async () => {
      if (text !== undefined) writeFileSync(join(directory, file), text);
      const { code, error } = await terminal.run(`test ${directory}/${file}`);
      expect(error).to.include(says);
      expect(code).to.equal(1);
    });
});
