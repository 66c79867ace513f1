import { expect } from 'chai';
import type { Remediation as Attempt, RemediationStatus } from '../../../crds/remediation.ts';
import { Remediation } from '../../kube/resources.ts';
import { expectGolden } from '../testing/golden.ts';
import { condition, takenBack } from '../testing/scene.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat undo', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const target = { namespace: 'shop', name: 'standing' };

  /** A Remediation with its changes in place, and an operator that does this once it is asked to undo them. */
  const standing = (operator: (status: RemediationStatus) => Promise<void>): void => {
    const { status, ...rest } = takenBack();
    const steps = structuredClone(status?.steps ?? []);
    for (const change of steps.flatMap(({ changes }) => changes ?? [])) delete change.undo;
    terminal.server.seed(Remediation, {
      ...rest,
      metadata: { ...rest.metadata, name: target.name },
      status: { ...status, steps, conditions: [condition('Succeeded', 'True', 'Recovered', 'the target recovered')] },
    });
    terminal.server.faults = ({ verb, resource, patch }) => {
      if (verb !== 'watch' || resource.kind !== 'Remediation' || patch !== undefined) return undefined;
      terminal.server.faults = () => undefined;
      void operator(status ?? {});
      return undefined;
    };
  };
  const report = async (
    status: RemediationStatus,
    reason: string,
    result: 'True' | 'False' | 'Unknown',
  ): Promise<void> => {
    const { metadata } = terminal.server.find<Attempt>(Remediation, target) ?? takenBack();
    const conditions = [
      condition('Succeeded', 'False', 'UndoRequested', 'alice asked to undo it'),
      condition('Undone', result, reason, `it is ${reason}`),
    ];
    const body = { status: { ...status, conditions, observedGeneration: metadata.generation } };
    await terminal.server.patch(Remediation, target, { type: 'merge', body }, { subresource: 'status' });
  };

  it('waits, and tells what was restored, what was left alone and what cannot be taken back', async () => {
    standing(async (status) => {
      await report(status, 'Undoing', 'Unknown');
      await report(status, 'Superseded', 'True');
    });
    const { code, out, error } = await terminal.run('undo standing');
    expect([code, error]).to.deep.equal([0, '']);
    expectGolden('undo', out);
  });

  it('goes on when its watch is cut', async () => {
    standing(async (status) => {
      terminal.server.closeWatches();
      await report(status, 'Superseded', 'True');
    });
    expect((await terminal.run('undo standing --exit-code')).code).to.equal(10);
  });

  it('fails when the API server refuses the operator', async () => {
    standing((status) => report(status, 'UndoFailed', 'False'));
    const { code, out } = await terminal.run('undo standing');
    expect(out).to.include('could not be taken back: it is UndoFailed');
    expect(code).to.equal(1);
  });

  it('gives up in time, and says that nobody has taken it up', async () => {
    standing(async () => {});
    const { code, error, out } = await terminal.run('undo standing --timeout 1s');
    expect([code, out]).to.deep.equal([8, '']);
    expect(error).to.include('the operator has not taken it up: is it running?');
    expect(error).to.include('homeostat why remediation standing -n shop');
  });

  it('ends when the record is deleted meanwhile', async () => {
    standing(() => terminal.server.delete(Remediation, target));
    const { code, out } = await terminal.run('undo standing');
    expect(code).to.equal(0);
    expect(out).to.include('was deleted meanwhile');
  });

  it('does not wait for what is over', async () => {
    await terminal.run('undo restart-leaky-77aa --no-wait');
    await terminal.server.patch(
      Remediation,
      { namespace: 'shop', name: 'restart-leaky-77aa' },
      { type: 'merge', body: { status: { observedGeneration: 2 } } },
      { subresource: 'status' },
    );
    const { code, out } = await terminal.run('undo restart-leaky-77aa');
    expect(code).to.equal(0);
    expect(out).to.include('spec.replicas of Deployment shop/cart');
  });
});
