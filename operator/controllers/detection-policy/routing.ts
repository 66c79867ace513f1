import type { Verdict } from '../../../engine/evaluate/verdict.ts';
import { route, type Routing } from '../../decide/route.ts';
import type { PolicyInForce } from './policies.ts';

/** Where a verdict of a policy leads, in its own mode or (as if) in another. */
export function routeOf(
  { policy, compiled }: Pick<PolicyInForce, 'policy' | 'compiled'>,
  verdict: Pick<Verdict, 'confidence' | 'target'>,
  mode: PolicyInForce['policy']['spec']['mode'] = policy.spec.mode,
): Routing {
  const { severity, routes } = policy.spec;
  const facts = { confidence: verdict.confidence, severity, target: verdict.target };
  const bound = routes.map(({ to, plan, notifier, when }, index) => ({
    to,
    plan,
    notifier,
    when: when === undefined ? undefined : () => compiled.routes[index]?.when?.(facts) === true,
  }));
  return route(mode, bound, facts);
}
