import { expect } from 'chai';
import { forbidden } from '../../testing/api-errors.ts';
import { expectGolden } from '../testing/golden.ts';
import { DetectionPolicy, Incident, Remediation } from '../../kube/resources.ts';
import type { Remediation as Attempt } from '../../../crds/remediation.ts';
import { draining, root, takenBack } from '../testing/scene.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat why', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const stories: [what: string, argv: string, golden: string][] = [
    [
      'a blocked Remediation: what blocks it, until when, and what it would change',
      'remediation restart-leaky-9a2c',
      'why-blocked',
    ],
    ['a Remediation that asks', 'rem/restart-leaky-1b2c', 'why-asking'],
    ['a Remediation that was taken back, in part', 'restart-leaky-77aa', 'why-taken-back'],
    ['an Incident', 'incident memory-leak-4f1d', 'why-incident'],
    ['a pod', 'pod cart-7f9c', 'why-pod'],
    ['a pod that nothing was ever about', 'pod/bare-1', 'why-bare-pod'],
    ['a pod that is gone', 'pod gone-1', 'why-gone-pod'],
    ['a node', 'node/node1', 'why-node'],
    ['a workload', 'deploy cart', 'why-deployment'],
  ];
  for (const [what, argv, golden] of stories) {
    it(`tells of ${what}`, async () => {
      const { code, out, error } = await terminal.run(`why ${argv} -n shop`);
      expect([code, error]).to.deep.equal([0, '']);
      expectGolden(golden, out);
      for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(120);
    });
  }

  it('tells of a drain in few words: the first pods, and what holds them', async () => {
    terminal.server.seed(Remediation, draining());
    const { code, out, error } = await terminal.run('why drain-1 -n shop');
    expect([code, error]).to.deep.equal([0, '']);
    expectGolden('why-draining', out);
  });

  it('tells of a call that never left that there is nothing to take back', async () => {
    const ended = takenBack();
    const call = (unsent: number): Attempt => ({
      ...ended,
      metadata: { ...ended.metadata, name: `call-${unsent}`, uid: `call-${unsent}` },
      spec: {
        ...ended.spec,
        steps: [
          {
            name: 'ask',
            action: { webhook: { url: 'https://hooks.example.com', timeoutSeconds: 5 } },
            timeoutSeconds: 60,
          },
        ],
      },
      status: {
        ...ended.status,
        steps: [
          {
            name: 'ask',
            action: 'webhook',
            state: 'Failed',
            message: 'not done within 60 s: hooks.example.com did not answer: ECONNREFUSED',
            changes: [
              {
                object: { apiVersion: 'outside.homeostat.dev/v1', kind: 'Call', namespace: 'shop', name: 'uid-ask' },
                path: '',
                to: '{}',
                calls: { tried: 2, unsent },
              },
            ],
          },
        ],
      },
    });
    for (const unsent of [1, 2]) terminal.server.seed(Remediation, call(unsent));
    const told = async (name: string): Promise<string> => (await terminal.run(`why ${name} -n shop`)).out;
    expect(await told('call-2'))
      .to.include('nothing was sent: there is nothing to take back')
      .and.not.to.include('cannot be');
    expect(await told('call-1'))
      .to.include('cannot be taken back')
      .and.not.to.include('nothing was sent');
  });

  const failing: [argv: string, code: number, says: string][] = [
    ['why remediation nothing', 3, 'remediations.homeostat.dev "nothing" not found'],
    [
      'why nothing',
      3,
      'there is no remediation, incident, pod, node, deployment, statefulset, daemonset "nothing" in namespace shop',
    ],
    ['why secret nothing', 2, '"secret" is not a kind that can stand here'],
    ['why', 2, "missing required argument 'kind-or-name'"],
  ];
  for (const [argv, code, says] of failing) {
    it(`answers ${argv} with ${code}`, async () => {
      const ran = await terminal.run(argv);
      expect(ran.error).to.include(says);
      expect(ran.code).to.equal(code);
    });
  }

  it('writes nothing', async () => {
    for (const [, argv] of stories) await terminal.run(`why ${argv} -n shop`);
    expect(terminal.server.writes).to.deep.equal([]);
  });

  it('tells of what one may read when that is not all', async () => {
    terminal.server.authorize = ({ namespace }) => namespace !== root;
    const { code, out } = await terminal.run('why pod cart-7f9c -n shop');
    expect(code).to.equal(0);
    for (const resource of [DetectionPolicy, Incident, Remediation])
      expect(out.replaceAll(/\n +/g, ' ')).to.include(forbidden(resource, undefined, 'alice', 'list').message);
    expect(out).to.include('shop/memory-leak-4f1d: open');
  });

  it('gives programs the objects', async () => {
    const { out } = await terminal.run('why restart-leaky-9a2c -n shop -o json');
    const { items } = JSON.parse(out) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind)).to.deep.equal(['Remediation', 'Incident']);
  });
});
