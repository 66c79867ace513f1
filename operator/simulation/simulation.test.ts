import { expect } from 'chai';
import { drawScenario } from './draw-scenario.ts';
import type { RuleMaker } from './rule.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { runScenario } from './simulation.ts';

/** A node falls ill, and much else happens that has nothing to do with it. */
const ill: Scenario = {
  seed: 1,
  policies: [{ name: 'policy-0', namespace: 'homeostat-system', kind: 'Node', plan: 'plan-0', mode: 'Enforce' }],
  plans: [
    {
      name: 'plan-0',
      namespace: 'homeostat-system',
      spec: {
        mode: 'Enforce',
        steps: [{ name: 'step-0', action: { cordon: {} }, timeoutSeconds: 20 }],
        verify: { stabilizationSeconds: 0, timeoutSeconds: 20, onFailure: 'Undo' },
        guards: { maxConcurrent: 1, maxAttempts: 1, cooldownSeconds: 0 },
      },
    },
  ],
  guardrails: [{ name: 'guardrail-0', namespace: 'shop', spec: { maxConcurrent: 1 } }],
  nodeLeases: false,
  autoscaled: false,
  steps: [
    { atMs: 5000, is: 'speak', slot: 'web' },
    { atMs: 6000, is: 'judge', policy: 0, slot: 'node-1', ill: true },
    { atMs: 7000, is: 'edit', by: 'argocd', kind: 'Deployment', slot: 'web', body: { spec: { replicas: 3 } } },
    { atMs: 8000, is: 'kill', replica: 0, writes: 1, when: 'after', downMs: 1000 },
  ],
  endMs: 12_000,
  end: { paused: true },
};

/** A rule that every cordon breaks. */
const noCordon: RuleMaker = () => ({
  name: 'no cordon',
  commit: ({ fields }) =>
    fields.some(({ path, after }) => path === '/spec/unschedulable' && after === true) ? 'cordoned' : undefined,
});

describe('the simulation', function () {
  it('acts, takes back everything, and finds nothing wrong with that', async () => {
    const report = await runScenario(ill);
    expect(report.violation).to.equal(undefined);
    expect(report.remediations).to.equal(1);
    expect(report.targetWrites).to.equal(2);
  });

  it('says the same of the same seed, line by line', async () => {
    const run = () => runScenario(drawScenario(12), { traced: true });
    const [first, second] = [await run(), await run()];
    expect(first.trace.length).to.be.greaterThan(20);
    expect(second).to.deep.equal(first);
  });

  it('ends with the first rule that is broken, and finds the shortest way there', async () => {
    const { violation } = await runScenario(ill, { rules: [noCordon] });
    expect(violation).to.deep.include({ rule: 'no cordon', message: 'cordoned' });
    const shortest = await shrink(ill, 'no cordon', { rules: [noCordon] });
    expect(shortest.steps.map(({ is }) => is)).to.deep.equal(['judge']);
    expect(shortest.guardrails).to.deep.equal([]);
    expect(shortest.end).to.deep.equal({ paused: false });
  });
});
