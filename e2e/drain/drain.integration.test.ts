import { expect } from 'chai';
import { findCondition } from '../../operator/kube/conditions.ts';
import type { Program } from '../product/process.ts';
import { changesOf, DrainedNode } from './drained-node.ts';

describe('a drain of a real node', function () {
  let drained: DrainedNode;
  let operator: Program;

  before(async () => {
    drained = await DrainedNode.open();
    operator = drained.operator();
    await drained.operatorReady();
  });
  beforeEach(() => drained.populate());
  afterEach(() => drained.clear());
  after(async () => {
    await operator?.stop();
    await drained?.close();
  });

  it('takes one pod after the other as its budget allows, and lifts the cordon after recovery', async () => {
    await drained.allow(1);
    drained.load();
    const applied = await drained.witness.only('Applied', 'AllStepsDone');
    expect(await drained.podsHere()).to.deep.equal([]);
    expect(changesOf(applied).map(({ object }) => object.kind)).to.deep.equal(['Node', 'Pod', 'Pod', 'Pod']);
    expect(drained.leastAvailable(), 'pods that were always available').to.be.at.least(2);
    drained.heal();
    await drained.witness.only('Undone', 'Irreversible');
    expect(drained.witness.cordonsOf(drained.node)).to.deep.equal([true, false]);
  });

  it('whose budget allows nothing waits, says so, gives up in time, and lifts its cordon at once', async () => {
    await drained.limit(8);
    drained.load();
    const waiting = await drained.witness.only('Succeeded', 'DisruptionBudget');
    expect(findCondition(waiting.status?.conditions, 'Succeeded')?.message).to.match(
      /since .* the disruption budget web/i,
    );
    const failed = await drained.witness.only('Succeeded', 'StepFailed');
    await drained.witness.cordoned(drained.node, false);
    expect(drained.witness.cordonsOf(drained.node)).to.deep.equal([true, false]);
    expect(findCondition(failed.status?.conditions, 'Succeeded')?.message).to.match(/not done within 8 s.*budget web/);
    expect(await drained.podsHere()).to.have.length(3);
    await drained.limit(60);
  });

  it('ends when a person uncordons in the middle, and leaves the node to them', async () => {
    drained.load();
    await drained.witness.only('Succeeded', 'DisruptionBudget');
    await drained.uncordon();
    const ended = await drained.witness.only('Succeeded', 'StepFailed');
    expect(findCondition(ended.status?.conditions, 'Succeeded')?.message).to.include(
      `somebody uncordoned Node ${drained.node}`,
    );
    await drained.allow(3);
    expect(changesOf(ended)[0]?.undo?.state).to.equal('Superseded');
    expect(drained.witness.cordonsOf(drained.node)).to.deep.equal([true, false]);
    expect(await drained.podsHere()).to.have.length(3);
  });
});
