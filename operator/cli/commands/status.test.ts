import { expect } from 'chai';
import { Guardrail, Incident, Remediation } from '../../kube/resources.ts';
import { forbidden } from '../../testing/api-errors.ts';
import { expectGolden } from '../testing/golden.ts';
import { root, takenBack } from '../testing/scene.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat status', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  it('tells of one namespace what fires, what is under way and what holds it back', async () => {
    const { code, out, error } = await terminal.run('status -n shop');
    expect([code, error]).to.deep.equal([0, '']);
    expectGolden('status', out);
  });

  it('tells of all namespaces', async () => {
    expectGolden('status-all', (await terminal.run('status -A')).out);
  });

  it('has more columns that fit 120 with -o wide', async () => {
    const { out } = await terminal.run('status -A -o wide');
    expectGolden('status-wide', out);
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(120);
  });

  it('fits a narrow terminal', async () => {
    const { out } = await terminal.run('status -n shop', { columns: 80, env: { NO_COLOR: '1' } });
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  const colours: [flags: string, env: Record<string, string>, columns: number | undefined, coloured: boolean][] = [
    ['', {}, 120, true],
    ['', { NO_COLOR: '1' }, 120, false],
    ['', { NO_COLOR: '' }, 120, true],
    ['', { TERM: 'dumb' }, 120, false],
    ['', {}, undefined, false],
    ['--color always', { NO_COLOR: '1' }, undefined, true],
    ['--color never', {}, 120, false],
  ];
  for (const [flags, env, columns, coloured] of colours) {
    it(`has ${coloured ? '' : 'no '}colours with ${JSON.stringify({ flags, env, columns })}`, async () => {
      const { out } = await terminal.run(`status -n shop ${flags}`, { env, columns });
      expect(out.includes('\u001B[')).to.equal(coloured);
    });
  }

  it('names what it tells of, and prints the objects', async () => {
    const { out } = await terminal.run('status -n shop -o name');
    expect(out.trim().split('\n')).to.deep.equal([
      'guardrail.homeostat.dev/freeze',
      'incident.homeostat.dev/memory-leak-4f1d',
      'remediation.homeostat.dev/restart-leaky-1b2c',
      'remediation.homeostat.dev/restart-leaky-9a2c',
    ]);
    const list = JSON.parse((await terminal.run('status -n shop -o json')).out) as { items: { kind: string }[] };
    expect(list.items.map(({ kind }) => kind)).to.deep.equal(['Guardrail', 'Incident', 'Remediation', 'Remediation']);
    expect((await terminal.run('status -n shop -o yaml')).out).to.match(/^apiVersion: v1\nkind: List\n/);
  });

  it('says of a namespace without policies that nothing could fire there', async () => {
    const { out } = await terminal.run('status -n shpo');
    expect(out).to.equal(
      'Namespace shpo of https://cluster: nothing fires (no DetectionPolicy is there), 0 remediations under way, paused.\n\n' +
        'PAUSED\n  GUARDRAIL                REASON               BY\n  homeostat-system/freeze  freeze until Monday  bob\n',
    );
  });

  it('does not count as a success what did nothing: it was only written down, or not needed', async () => {
    const ended = takenBack();
    const { startedTime: _started, ...status } = ended.status ?? {};
    for (const mode of ['Observe', 'Enforce'] as const)
      terminal.server.seed(Remediation, {
        ...ended,
        metadata: { ...ended.metadata, name: mode.toLowerCase(), uid: mode },
        spec: { ...ended.spec, mode },
        status,
      });
    const { out } = await terminal.run('status -n shop --color never', { columns: 400 });
    expect(out).to.include(', 1 of 1 that acted in the last hour succeeded, 2 ended without doing anything,');
  });

  it('exits with 10 for scripts when there is something, and with 0 when there is nothing', async () => {
    expect((await terminal.run('status -n shop --exit-code')).code).to.equal(10);
    for (const resource of [Incident, Remediation])
      for (const { metadata } of terminal.server.all(resource)) await terminal.server.delete(resource, metadata);
    await terminal.server.delete(Guardrail, { namespace: root, name: 'freeze' });
    const { code, out } = await terminal.run('status -n shop --exit-code');
    expect([code, out]).to.deep.equal([
      0,
      'Namespace shop of https://cluster: nothing fires, 0 remediations under way.\n',
    ]);
  });

  it('goes on without the guardrails of the root namespace when those are not allowed to be read', async () => {
    terminal.server.authorize = ({ resource, namespace }) => resource.kind !== 'Guardrail' || namespace !== root;
    const { code, out } = await terminal.run('status -n shop');
    expect(code).to.equal(0);
    expect(out).to.include(forbidden(Guardrail, undefined, 'alice', 'list').message);
  });
});
