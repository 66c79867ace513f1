import { expect } from 'chai';
import { emptyPlan, Plans, type ColumnPlan, type Ear, type Plan } from './column-plan.ts';
import { compilePolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import { PolicyRun } from './policy-run.ts';

const metric = 'k8s.container.memory.limit_utilization';

function policyRun(): PolicyRun {
  const signals = ['a', 'b'].map((name) => ({ name, metric, detect: { threshold: { above: '90%' } } }));
  const spec = { target: { kind: 'Container' as const }, signals, routes: [{ to: 'Incident' as const }] };
  const compilation = compilePolicy('p', '1', spec);
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const { stats } = new Evaluator({ onVerdict: () => {} });
  return new PolicyRun(
    compilation.policy,
    () => true,
    () => {},
    stats,
  );
}

const run = policyRun();
const [first, second] = run.signals;
if (first === undefined || second === undefined) throw new Error('a policy of two signals has two');

const earOf = (other: Partial<Ear> = {}): Ear => ({ run, signal: first, listeners: 0, teller: 0, ...other });
const columnOf = (other: Partial<ColumnPlan> = {}): ColumnPlan => ({
  metric,
  ears: [earOf()],
  shown: [],
  unheard: 0,
  ...other,
});
const planOf = (other: Partial<ColumnPlan> = {}): Plan => ({ columns: [undefined, columnOf(other)], runs: [run] });

describe('Plans', () => {
  it('are one for all sources of which the same is asked', () => {
    const plans = new Plans();
    const plan = plans.shared(planOf());
    expect(plans.shared(planOf())).to.equal(plan);
  });

  const otherRun = policyRun();
  for (const [title, other] of [
    ['nothing is asked', emptyPlan],
    ['a column more is', { ...planOf(), columns: [...planOf().columns, columnOf()] }],
    ['it is another column', { ...planOf(), columns: planOf().columns.toReversed() }],
    ['another policy is connected', { ...planOf(), runs: [otherRun] }],
    ['one policy more is connected', { ...planOf(), runs: [run, otherRun] }],
    ['the metric is another', planOf({ metric: 'k8s.container.oom_kills' })],
    ['a signal does not hear it', planOf({ unheard: 1 })],
    ['nobody hears it', planOf({ ears: [] })],
    ['findings are shown', planOf({ shown: [earOf()] })],
    ['another policy hears', planOf({ ears: [earOf({ run: otherRun })] })],
    ['another signal hears', planOf({ ears: [earOf({ signal: second })] })],
    ['others listen', planOf({ ears: [earOf({ listeners: 1 })] })],
    ['another one tells', planOf({ ears: [earOf({ teller: 1 })] })],
    ['an agent judges', planOf({ ears: [earOf({ told: [] })] })],
  ] as const)
    it(`are another where ${title}`, () => {
      const plans = new Plans();
      plans.shared(planOf());
      expect(plans.shared(other)).to.equal(other);
    });
});
