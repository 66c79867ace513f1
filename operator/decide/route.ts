import type { Incident } from '../../crds/incident.ts';

/** A route of a policy with its expression compiled; absent = it always matches. */
export interface CompiledRoute {
  readonly to: 'Incident' | 'Remediate' | 'Escalate';
  readonly plan?: string | undefined;
  readonly notifier?: string | undefined;
  /** May throw: then the route does not match. */
  readonly when?: ((facts: RouteFacts) => boolean) | undefined;
}

/** What a route's expression may speak of. */
export interface RouteFacts {
  /** 0 to 1. */
  readonly confidence: number;
  readonly severity: Incident['spec']['severity'];
  readonly target: object;
}

/** Where a verdict leads, and the routes that could not be evaluated on the way. */
export interface Routing {
  /** Undefined: nowhere, because no route matches or the policy only observes. */
  readonly route: Incident['spec']['route'] | undefined;
  readonly problems: readonly string[];
}

/**
 * The first route that matches, so that the way of a verdict is determined. A route that cannot be evaluated is passed
 * over and reported: what comes after it is usually the more careful one.
 */
export function route(mode: 'Observe' | 'Enforce', routes: readonly CompiledRoute[], facts: RouteFacts): Routing {
  if (mode === 'Observe') return { route: undefined, problems: [] };
  const problems: string[] = [];
  for (const [index, { to, plan, notifier, when }] of routes.entries()) {
    try {
      if (when !== undefined && !when(facts)) continue;
    } catch (error) {
      problems.push(`routes[${index}].when: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const names = { ...(plan === undefined ? {} : { plan }), ...(notifier === undefined ? {} : { notifier }) };
    return { route: { to, ...names }, problems };
  }
  return { route: undefined, problems };
}
