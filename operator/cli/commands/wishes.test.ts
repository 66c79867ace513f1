import { expect } from 'chai';
import type { Guardrail as Rail } from '../../../crds/guardrail.ts';
import type { Incident as Episode } from '../../../crds/incident.ts';
import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { Guardrail, Incident, Remediation } from '../../kube/resources.ts';
import { conflict, invalid } from '../../testing/api-errors.ts';
import { blocked, root } from '../testing/scene.ts';
import { Terminal } from '../testing/terminal.ts';

describe('what people say with homeostat', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const attempt = (name: string): Attempt['spec'] | undefined =>
    terminal.server.find<Attempt>(Remediation, { namespace: 'shop', name })?.spec;
  const episode = (): Episode['spec'] | undefined =>
    terminal.server.find<Episode>(Incident, { namespace: 'shop', name: 'memory-leak-4f1d' })?.spec;
  const paused = (name: string, namespace = 'shop'): Rail['spec']['paused'] =>
    terminal.server.find<Rail>(Guardrail, { namespace, name })?.spec.paused;

  const said: [argv: string, out: string, stored: () => unknown, expected: unknown][] = [
    [
      'approve restart-leaky-1b2c',
      'remediation restart-leaky-1b2c: approved by alice',
      () => attempt('restart-leaky-1b2c')?.approvals,
      [{ by: 'alice', decision: 'Approved' }],
    ],
    [
      'approve rem/restart-leaky-1b2c --note "until the cache is warm" --as bob',
      'remediation restart-leaky-1b2c: approved by bob',
      () => attempt('restart-leaky-1b2c')?.approvals,
      [{ by: 'bob', decision: 'Approved', note: 'until the cache is warm' }],
    ],
    [
      'deny remediation.homeostat.dev/restart-leaky-1b2c',
      'remediation restart-leaky-1b2c: denied by alice',
      () => attempt('restart-leaky-1b2c')?.approvals,
      [{ by: 'alice', decision: 'Denied' }],
    ],
    [
      'cancel restart-leaky-9a2c --reason "I take over"',
      'remediation restart-leaky-9a2c: cancelled by alice',
      () => attempt('restart-leaky-9a2c')?.cancelRequested,
      { by: 'alice', reason: 'I take over' },
    ],
    [
      'undo restart-leaky-77aa --no-wait --reason "not the cause"',
      'remediation restart-leaky-77aa: alice asks to undo it',
      () => attempt('restart-leaky-77aa')?.undoRequested,
      { by: 'alice', reason: 'not the cause' },
    ],
    [
      'ack memory-leak-4f1d',
      'incident memory-leak-4f1d: acknowledged by alice, before by carol',
      () => episode()?.acknowledged,
      { by: 'alice' },
    ],
    [
      'verdict memory-leak-4f1d falsepositive --note "the import"',
      'incident memory-leak-4f1d: judged FalsePositive by alice',
      () => [episode()?.verdict, episode()?.verdictBy, episode()?.note],
      ['FalsePositive', 'alice', 'the import'],
    ],
    [
      'pause --reason "release day"',
      'guardrail shop/pause: namespace shop is paused by alice: release day\nno further step begins, what is to be taken back is; it ends with: homeostat resume -n shop',
      () => paused('pause'),
      [{ reason: 'release day', by: 'alice' }],
    ],
    [
      'pause freeze -A --reason "release day"',
      'guardrail homeostat-system/freeze: everything is paused by alice: release day\nno further step begins, what is to be taken back is; it ends with: homeostat resume -A',
      () => paused('freeze', root),
      [
        { reason: 'freeze until Monday', by: 'bob' },
        { reason: 'release day', by: 'alice' },
      ],
    ],
    [
      'resume -A --as bob',
      'guardrail homeostat-system/freeze: no longer paused for "freeze until Monday" (bob)',
      () => paused('freeze', root),
      [],
    ],
    [
      'resume -A --all',
      'guardrail homeostat-system/freeze: no longer paused for "freeze until Monday" (bob)',
      () => paused('freeze', root),
      [],
    ],
    ['resume', 'namespace shop: nothing is paused', () => paused('freeze', root)?.length, 1],
  ];
  for (const [argv, out, stored, expected] of said) {
    it(argv, async () => {
      const ran = await terminal.run(argv);
      expect([ran.code, ran.error, ran.out]).to.deep.equal([0, '', `${out}\n`]);
      expect(stored()).to.deep.equal(expected);
    });
    it(`${argv}, said twice`, async () => {
      await terminal.run(argv);
      const writes = terminal.server.writes.length;
      expect((await terminal.run(argv)).code).to.equal(0);
      expect(stored()).to.deep.equal(expected);
      const changing = terminal.server.writes.slice(writes).filter(({ verb }) => verb === 'patch');
      expect(changing).to.deep.equal([]);
    });
  }

  const refused: [argv: string, code: number, says: string][] = [
    ['approve nothing-1', 3, 'remediations.homeostat.dev "nothing-1" not found'],
    ['approve incident/memory-leak-4f1d', 2, '"incident" is not a kind that can stand here'],
    ['approve rem/', 2, 'names no object'],
    ['approve restart-leaky-77aa', 7, 'has ended (the target recovered): there is nothing to approve'],
    ['cancel restart-leaky-77aa', 7, 'there is nothing to cancel; undo takes it back'],
    ['verdict memory-leak-4f1d perhaps', 2, 'It must be TruePositive or FalsePositive.'],
    ['pause', 2, "required option '--reason <text>' not specified"],
    ['resume -A', 7, 'none of these pauses is yours'],
    ['resume nothing', 3, 'guardrails.homeostat.dev "nothing" not found'],
    ['undo restart-leaky-77aa --timeout soon', 2, '"soon" is not a time'],
  ];
  for (const [argv, code, says] of refused) {
    it(`answers ${argv} with ${code}`, async () => {
      const ran = await terminal.run(argv);
      expect(ran.error).to.include(says);
      expect(ran.code).to.equal(code);
      expect(terminal.server.writes.filter(({ verb }) => verb === 'patch')).to.deep.equal([]);
    });
  }

  it('does not let a decision be taken back', async () => {
    await terminal.run('approve restart-leaky-1b2c');
    const { code, error } = await terminal.run('deny restart-leaky-1b2c');
    expect(error).to.include('alice has said Approved to restart-leaky-1b2c, and decisions are final');
    expect(code).to.equal(7);
  });

  it('says no to approving what changes nothing', async () => {
    const observed = { ...blocked(), metadata: { name: 'observed', namespace: 'shop' } };
    terminal.server.seed(Remediation, { ...observed, spec: { ...observed.spec, mode: 'Observe' } });
    expect((await terminal.run('approve observed')).error).to.include('mode Observe: it changes nothing');
  });

  it('decides beside others who decide at the same moment', async () => {
    let first = true;
    terminal.server.faults = ({ verb, resource }) => {
      if (verb !== 'patch' || resource.kind !== 'Remediation' || !first) return undefined;
      first = false;
      return { kind: 'error', error: conflict(Remediation, 'restart-leaky-1b2c') };
    };
    await terminal.run('approve restart-leaky-1b2c');
    await terminal.run('approve restart-leaky-1b2c --as bob');
    expect(attempt('restart-leaky-1b2c')?.approvals?.map(({ by }) => by)).to.deep.equal(['alice', 'bob']);
  });

  it('says it to several, also after one of them failed, and names who was refused', async () => {
    const { code, out, error } = await terminal.run('cancel nothing-1 restart-leaky-9a2c restart-leaky-1b2c');
    expect(code).to.equal(3);
    expect(error.match(/^error: /gm)).to.have.lengthOf(1);
    expect(out.match(/cancelled by alice/g)).to.have.lengthOf(2);
  });

  it('tells why the API server refuses', async () => {
    terminal.server.faults = ({ verb }) =>
      verb === 'patch'
        ? { kind: 'error', error: invalid(Remediation, 'restart-leaky-1b2c', 'spec.approvals: must name who asks') }
        : undefined;
    const { code, error } = await terminal.run('approve restart-leaky-1b2c');
    expect(code).to.equal(7);
    expect(error).to.include('the API server refuses it: Remediation.homeostat.dev "restart-leaky-1b2c" is invalid');
  });

  it('prints the object that it has written', async () => {
    const { out } = await terminal.run('approve restart-leaky-1b2c -o json');
    expect(JSON.parse(out)).to.nested.include({ kind: 'Remediation', 'spec.approvals[0].by': 'alice' });
    expect((await terminal.run('ack memory-leak-4f1d -o name')).out).to.equal(
      'incident.homeostat.dev/memory-leak-4f1d\n',
    );
  });
});
