import type { DiscoveryRate } from '../policy/discoveries.ts';
import { every, type When } from '../policy/judgement.ts';
import { quantityNumber } from '../quantity.ts';
import { compileExpression, type CelInput } from './expression.ts';
import { signalFacts, signalFields, targetFacts, targetFields } from './facts.ts';
import type { PolicySpec, Problem, RouteSpec } from './policy-spec.ts';
import { compileSignal, type CompiledSignal } from './signal.ts';
import type { Target } from './target.ts';

/** What a route's expression may speak of. */
export interface RouteFacts {
  /** 0 to 1. */
  readonly confidence: number;
  readonly severity: string;
  readonly target: Target;
}

/** A route with its expression compiled. */
export interface CompiledRoute {
  readonly to: 'Incident' | 'Remediate' | 'Escalate';
  readonly plan?: string;
  readonly notifier?: string;
  /** Absent: it always matches. Throws when the expression has no boolean value for these facts. */
  readonly when?: (facts: RouteFacts) => boolean;
}

/** A policy that can be evaluated. */
export interface CompiledPolicy {
  readonly id: string;
  readonly revision: string;
  readonly spec: PolicySpec;
  readonly signals: readonly CompiledSignal[];
  /** The condition over the signals, for one target. May throw. */
  readonly when: (target: Target) => When;
  readonly routes: readonly CompiledRoute[];
  readonly forMs: number;
  readonly clearForMs: number;
  readonly staleAfterMs: number;
  readonly warmupMs: number;
  /** 0 to 1. */
  readonly minConfidence: number;
  readonly missingData: 'Hold' | 'Clear' | 'Fire';
  /** What share of alarms may be false; absent: each target is judged by itself. */
  readonly discoveries?: DiscoveryRate | undefined;
}

/** Either a policy that works, or everything that is wrong with it. */
export type Compilation = { readonly policy: CompiledPolicy } | { readonly problems: readonly Problem[] };

const exampleTarget = targetFacts({ kind: 'Pod', key: '', uid: '', namespace: '', name: '', labels: {} });

/**
 * Turns the `spec` of a DetectionPolicy into something that can be evaluated; fields that are absent have the defaults
 * of the schema. Never throws. `id` names the policy for good, `revision` this version of it.
 */
export function compilePolicy(id: string, revision: string, spec: PolicySpec): Compilation {
  const problems: Problem[] = [];
  const taken = <T>(answer: T | Problem[]): T | undefined => {
    if (!Array.isArray(answer)) return answer;
    problems.push(...answer);
    return undefined;
  };
  const signals = spec.signals.map((signal, index) =>
    taken(compileSignal(signal, spec.target.kind, `spec.signals[${index}]`, spec.target.warmupSeconds)),
  );
  const names = spec.signals.map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index)
      problems.push({ path: `spec.signals[${index}].name`, message: `must not be ${name} again` });
  for (const [index, { fill }] of spec.signals.entries())
    if (fill !== undefined && fill.maxSeconds > (spec.staleAfterSeconds ?? 15))
      problems.push({
        path: `spec.signals[${index}].fill.maxSeconds`,
        message: `must not be more than staleAfterSeconds, ${spec.staleAfterSeconds ?? 15}: what is older is stale, and nothing is done about it`,
      });
  const when = spec.when === undefined ? () => every : taken(compileWhen(spec.when, names));
  const routes = spec.routes.map((route, index) => taken(compileRoute(route, `spec.routes[${index}].when`)));
  const minConfidence = taken(share(spec.minConfidence ?? '0%', 'spec.minConfidence'));
  const discoveries = taken(
    discoveryRate(
      spec,
      signals.filter((signal) => signal !== undefined),
    ),
  );
  if (problems.length > 0 || when === undefined || minConfidence === undefined) return { problems };
  return {
    policy: {
      id,
      revision,
      spec,
      signals: signals.filter((signal) => signal !== undefined),
      when,
      routes: routes.filter((route) => route !== undefined),
      forMs: (spec.forSeconds ?? 0) * 1000,
      clearForMs: (spec.clearForSeconds ?? 60) * 1000,
      staleAfterMs: (spec.staleAfterSeconds ?? 15) * 1000,
      warmupMs: (spec.target.warmupSeconds ?? 0) * 1000,
      minConfidence,
      missingData: spec.missingData ?? 'Hold',
      discoveries,
    },
  };
}

function share(text: string, path: string): number | Problem[] {
  try {
    const value = quantityNumber(text);
    if (value >= 0 && value <= 1) return value;
  } catch {
    // Said below.
  }
  return [{ path, message: 'must be a percentage from "0%" to "100%", such as "95%"' }];
}

/** Chance has a say with each look of each signal, from `forSeconds` before a stretch of time on to its end. */
function discoveryRate(
  { falseDiscoveryRate, forSeconds = 0 }: PolicySpec,
  signals: readonly CompiledSignal[],
): DiscoveryRate | undefined | Problem[] {
  if (falseDiscoveryRate === undefined) return undefined;
  const { atMost, withinSeconds = 60 } = falseDiscoveryRate;
  const path = 'spec.falseDiscoveryRate';
  const of = share(atMost, `${path}.atMost`);
  if (Array.isArray(of)) return of;
  if (of === 0 || of === 1) return [{ path: `${path}.atMost`, message: 'must be more than "0%" and less than "100%"' }];
  const every = signals.flatMap(({ detector }) => detector.looksEveryMs ?? []);
  if (every.length === 0 && signals.length > 0)
    return [{ path, message: 'must not stand here: no signal has a detector that can be wrong by chance' }];
  const spanMs = (withinSeconds + forSeconds) * 1000;
  return {
    share: of,
    withinMs: withinSeconds * 1000,
    looks: every.reduce((looks, everyMs) => looks + Math.ceil(spanMs / everyMs), 0),
  };
}

function compileWhen(source: string, names: readonly string[]): CompiledPolicy['when'] | Problem[] {
  const bindings = (
    views: readonly Parameters<typeof signalFacts>[0][],
    target: CelInput,
  ): Record<string, CelInput> => {
    const variables: Record<string, CelInput> = { target };
    for (const [index, view] of views.entries()) variables[names[index] ?? ''] = signalFacts(view);
    return variables;
  };
  const example = (firing: boolean): Record<string, CelInput> =>
    bindings(
      names.map(() => ({ firing, value: firing ? 1 : NaN, confidence: firing ? 1 : 0, samples: firing ? 1 : 0 })),
      exampleTarget,
    );
  const compiled = compileExpression(
    source,
    { ...Object.fromEntries(names.map((name) => [name, signalFields])), target: targetFields },
    [example(true), example(false)],
  );
  if ('problem' in compiled) return [{ path: 'spec.when', message: compiled.problem }];
  return (target) => {
    const facts = targetFacts(target);
    return (views) => compiled.predicate(bindings(views, facts));
  };
}

function compileRoute({ to, plan, notifier, when }: RouteSpec, path: string): CompiledRoute | Problem[] {
  const route = { to, ...(plan !== undefined && { plan }), ...(notifier !== undefined && { notifier }) };
  if (when === undefined) return route;
  const compiled = compileExpression(when, { confidence: undefined, severity: undefined, target: targetFields }, [
    { confidence: 1, severity: 'Warning', target: exampleTarget },
  ]);
  if ('problem' in compiled) return [{ path, message: compiled.problem }];
  return {
    ...route,
    when: ({ confidence, severity, target }) =>
      compiled.predicate({ confidence, severity, target: targetFacts(target) }),
  };
}
