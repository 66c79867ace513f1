import type { TargetKind } from './target.ts';

/** How a signal's samples become one value. */
export interface WindowSpec {
  readonly seconds: number;
  readonly aggregate: string;
  /** Default 1. */
  readonly minSamples?: number | undefined;
}

export interface SignalSpec {
  readonly name: string;
  readonly metric: string;
  readonly window?: WindowSpec | undefined;
  /** What stands in the place of samples that are missing; absent: nothing. */
  readonly fill?: { readonly method?: 'Last' | undefined; readonly maxSeconds: number } | undefined;
  /** From how many deviations on a single value is an outlier; absent: none is. */
  readonly outliers?: { readonly deviations: number } | undefined;
  /** Exactly one detector of the registry, with its parameters. */
  readonly detect: object;
}

export interface RouteSpec {
  readonly when?: string | undefined;
  readonly to: 'Incident' | 'Remediate' | 'Escalate';
  readonly plan?: string | undefined;
  readonly notifier?: string | undefined;
}

/**
 * What the engine needs to know of a policy. The `spec` of a DetectionPolicy is one; fields that do not concern the
 * judgement are not looked at.
 */
export interface PolicySpec {
  readonly target: {
    readonly kind: TargetKind;
    readonly container?: string | undefined;
    readonly warmupSeconds?: number | undefined;
  };
  readonly severity?: string | undefined;
  readonly signals: readonly SignalSpec[];
  readonly when?: string | undefined;
  readonly forSeconds?: number | undefined;
  readonly clearForSeconds?: number | undefined;
  readonly missingData?: 'Hold' | 'Clear' | 'Fire' | undefined;
  readonly staleAfterSeconds?: number | undefined;
  readonly minConfidence?: string | undefined;
  readonly falseDiscoveryRate?: { readonly atMost: string; readonly withinSeconds?: number | undefined } | undefined;
  readonly routes: readonly RouteSpec[];
}

/** Something in a policy that cannot work. `path` is a field, such as `spec.signals[0].metric`. */
export interface Problem {
  readonly path: string;
  /** Says what would be right. */
  readonly message: string;
}
