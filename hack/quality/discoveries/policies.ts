import { gauss, random } from '../../../engine/detectors/anomaly/testing/healthy.ts';
import { compilePolicy } from '../../../engine/evaluate/compile.ts';
import { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import type { PolicySpec } from '../../../engine/evaluate/policy-spec.ts';
import type { RowIdentity, Target } from '../../../engine/evaluate/target.ts';
import type { Frame, Keyframe } from '../../../engine/frame/types.ts';
import type { Method } from './at-once.ts';
import { Rates, type RateFigures } from './rates.ts';

const targets = 1000;
const everyMs = 10_000;
/** A day in which all is well, before anything is counted. */
const learnt = 8640;
/** From one fault to the next, and how long one lasts. */
const between = 60;
const lasts = 3;
const faultsOfASize = 40;
const metric = 'system.cpu.utilization';

const common: Omit<PolicySpec, 'routes'> = {
  target: { kind: 'Node' },
  signals: [
    {
      name: 'odd',
      metric,
      detect: { anomaly: { minDeviation: '1%', direction: 'Above', everySeconds: 10, falseAlarmsPerWeek: 1000 } },
    },
  ],
  clearForSeconds: 0,
};
const policies: Readonly<Record<Method, Omit<PolicySpec, 'routes'>>> = {
  falseDiscoveryRate: { ...common, falseDiscoveryRate: { atMost: '5%', withinSeconds: 10 } },
  // 5 % of one in a thousand.
  bonferroni: { ...common, minConfidence: '99.995%' },
  byItself: { ...common, minConfidence: '99%' },
};

export type PolicyFigures = Readonly<Record<string, Readonly<Record<Method, RateFigures>>>>;

/**
 * The same in the evaluator, with the anomaly detector: a thousand nodes, of whose deviations a third is one load for
 * all, with heavy tails (Student's distribution with three degrees of freedom). Every ten minutes one in a hundred, or in
 * ten, is ten deviations higher for half a minute. What begins to fire at the first look of it is a case, and so is
 * each look in the five minutes before the next.
 */
export function policyFigures(): PolicyFigures {
  const next = random(2028);
  const heavy = (): number => gauss(next) / Math.sqrt((gauss(next) ** 2 + gauss(next) ** 2 + gauss(next) ** 2) / 3);
  const told: Record<Method, Set<number>> = {
    falseDiscoveryRate: new Set(),
    bonferroni: new Set(),
    byItself: new Set(),
  };
  const evaluator = new Evaluator({
    onVerdict: ({ verdict: { policyId, target, state } }) => {
      if (state === 'Firing') told[policyId as Method].add(Number(target.uid));
    },
  });
  for (const [id, spec] of Object.entries(policies)) {
    const compilation = compilePolicy(id, '1', { ...spec, routes: [{ to: 'Incident' }] });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    evaluator.setPolicy(compilation.policy, () => true);
  }
  const source = { producer: 'agent', node: 'n', boot: '1'.padStart(32, '0') } as const;
  const uids = Array.from({ length: targets }, (_, i) => String(i));
  const columns = [{ metric, scope: 'Node' }] as const;
  const rows = uids.map((uid) => ({ scope: 'Node' as const, uid }));
  const identities = uids.map((uid): RowIdentity => {
    const node: Target = { kind: 'Node', key: `Node/${uid}`, uid, namespace: '', name: uid, labels: {} };
    return { Node: node };
  });
  const keyframe: Keyframe = {
    kind: 'keyframe',
    source,
    generation: 1,
    capturedMs: everyMs,
    intervalMs: everyMs,
    columns,
    rows,
  };
  evaluator.bind('agent/n', keyframe, identities);

  const sizes = { '1 % bad': targets / 100, '10 % bad': targets / 10 };
  const rates = Object.fromEntries(
    ['0 % bad', ...Object.keys(sizes)].map((name) => [
      name,
      { falseDiscoveryRate: new Rates(), bonferroni: new Rates(), byItself: new Rates() },
    ]),
  );
  const values = new Float64Array(targets);
  const faults = Object.entries(sizes).flatMap(([name, size]) =>
    Array.from({ length: faultsOfASize }, () => ({ name, size })),
  );
  let bad = new Set<number>();
  for (let look = 1; look <= learnt + faults.length * between; look++) {
    const at = (look - 1 - learnt) % between;
    const fault = look > learnt ? faults[Math.floor((look - 1 - learnt) / between)] : undefined;
    if (at === 0 && fault !== undefined) {
      bad = new Set();
      while (bad.size < fault.size) bad.add(Math.floor(next() * targets));
    }
    const isFaulty = fault !== undefined && at < lasts;
    const load = heavy();
    for (let i = 0; i < targets; i++)
      values[i] = Math.sqrt(1 / 3) * load + Math.sqrt(2 / 3) * heavy() + (isFaulty && bad.has(i) ? 40 : 0);
    const tMs = look * everyMs;
    const frame: Frame = {
      kind: 'frame',
      source,
      sequence: look,
      generation: 1,
      capturedMs: tMs,
      intervalMs: everyMs,
      dropped: 0,
      columns: [{ column: 0, values }],
    };
    for (const each of Object.values(told)) each.clear();
    evaluator.frame('agent/n', frame);
    evaluator.advance(tMs);
    const name = fault === undefined ? undefined : at === 0 ? fault.name : at >= between / 2 ? '0 % bad' : undefined;
    const counted = rates[name ?? ''];
    if (counted === undefined) continue;
    const isBad = (target: number): boolean => at === 0 && bad.has(target);
    for (const [method, which] of Object.entries(told))
      counted[method as Method].take(which, isBad, at === 0 ? bad.size : 0);
  }
  return Object.fromEntries(
    Object.entries(rates).map(([name, of]) => [
      name,
      {
        falseDiscoveryRate: of.falseDiscoveryRate.figures,
        bonferroni: of.bonferroni.figures,
        byItself: of.byItself.figures,
      },
    ]),
  );
}
