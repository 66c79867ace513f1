import { expect } from 'chai';
import type { PlanStep } from '../../../crds/remediation-plan.ts';
import type { Remediation as Attempt, StepStatus } from '../../../crds/remediation.ts';
import { Node, Pod, Remediation, RemediationPlan } from '../../kube/resources.ts';
import { controllerReference, node, pod } from '../../testing/fixtures.ts';
import { draining, plan } from '../testing/scene.ts';
import { expectGolden } from '../testing/golden.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat diff', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const shown: [what: string, argv: string, golden: string][] = [
    ['what was changed', 'restart-leaky-77aa', 'diff-done'],
    ['what would be changed', 'remediation restart-leaky-1b2c', 'diff-asking'],
    ['what a plan would change', 'plan restart-leaky --for pod/cart-7f9c --container main', 'diff-plan'],
    ['what a plan would not do', 'plan restart-leaky --for node/node1', 'diff-plan-node'],
  ];
  for (const [what, argv, golden] of shown) {
    it(`shows ${what}, and writes nothing`, async () => {
      const { code, out, error } = await terminal.run(`diff ${argv} -n shop`);
      expect([code, error]).to.deep.equal([0, '']);
      expectGolden(golden, out);
      expect(terminal.server.writes).to.deep.equal([]);
    });
  }

  it('shows elements of lists by their keys, and of many pods the first; programs get all', async () => {
    terminal.server.seed(Remediation, draining());
    expectGolden('diff-draining', (await terminal.run('diff drain-1 -n shop')).out);
    const { status } = JSON.parse((await terminal.run('diff drain-1 -n shop -o json')).out) as Attempt;
    expect(status?.steps?.[2]?.changes).to.have.lengthOf(10);
  });

  it('foresees the pods of a drain and the object that a step would make, also for programs', async () => {
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { why: 'test' } };
    const steps: PlanStep[] = [
      { name: 'empty', action: { drain: {} }, timeoutSeconds: 60 },
      { name: 'note', action: { createObject: { named: 'Step', object: made } }, timeoutSeconds: 60 },
    ];
    terminal.server.seed(RemediationPlan, {
      ...plan(),
      metadata: { name: 'fence', namespace: 'shop', uid: 'uid-fence' },
      spec: { ...plan().spec, steps },
    });
    terminal.server.seed(Node, node({ name: 'node2', uid: 'uid-node2' }, { unschedulable: true }));
    const owner = [controllerReference('apps/v1', 'ReplicaSet', 'cart-7f', 'uid-set')];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      terminal.server.seed(Pod, pod({ name, uid: `uid-${name}`, ownerReferences: owner }, { nodeName: 'node2' }));
    const asked = 'diff plan fence --for node/node2 -n shop';
    expectGolden('diff-plan-drain', (await terminal.run(asked)).out);
    const { steps: found } = JSON.parse((await terminal.run(`${asked} -o json`)).out) as { steps: StepStatus[] };
    expect(found.map(({ changes = [] }) => changes.length)).to.deep.equal([6, 1]);
  });

  it('has colours on a terminal', async () => {
    const { out } = await terminal.run('diff restart-leaky-77aa', { columns: 100 });
    expect(out).to.include('\u001B[31m-  replicas: 3\u001B[0m\n\u001B[32m+  replicas: 4\u001B[0m');
  });

  it('exits with 10 for scripts when there is a difference, and with 0 when there is none', async () => {
    expect((await terminal.run('diff restart-leaky-77aa --exit-code')).code).to.equal(10);
    expect((await terminal.run('diff plan restart-leaky --for node/node1 --exit-code')).code).to.equal(0);
  });

  const failing: [argv: string, code: number, says: string][] = [
    ['diff plan restart-leaky', 2, 'say for what it would be, as in --for pod/cart-7f9c'],
    ['diff plan restart-leaky --for cart-7f9c', 2, '"cart-7f9c" has no kind: give pod/cart-7f9c'],
    ['diff plan restart-leaky --for pod/nothing', 3, 'pods "nothing" not found'],
    ['diff restart-leaky-77aa --for pod/cart-7f9c', 2, '--for goes with a plan'],
    ['diff nothing', 3, 'there is no remediation, remediationplan "nothing"'],
  ];
  for (const [argv, code, says] of failing) {
    it(`answers ${argv} with ${code}`, async () => {
      const ran = await terminal.run(argv);
      expect(ran.error).to.include(says);
      expect(ran.code).to.equal(code);
    });
  }
});
