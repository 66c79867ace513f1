import type { SignalView } from '../policy/judgement.ts';
import type { CelInput } from './expression.ts';
import type { Target } from './target.ts';

/** What expressions know of a signal. */
export const signalFields = ['firing', 'value', 'confidence', 'samples'] as const;

/** What expressions know of a target. */
export const targetFields = ['kind', 'namespace', 'name', 'uid', 'container', 'node', 'workload', 'labels'] as const;

/** A signal as CEL sees it; no value is NaN, which no comparison is true of. */
export const signalFacts = ({ firing, value, confidence, samples }: SignalView): Map<string, CelInput> =>
  new Map<string, CelInput>([
    ['firing', firing],
    ['value', value],
    ['confidence', confidence],
    ['samples', BigInt(samples)],
  ]);

/** A target as CEL sees it; what it does not have is the empty string. */
export const targetFacts = (target: Target): Map<string, CelInput> =>
  new Map<string, CelInput>([
    ['kind', target.kind],
    ['namespace', target.namespace],
    ['name', target.name],
    ['uid', target.uid],
    ['container', target.container ?? ''],
    ['node', target.node ?? ''],
    [
      'workload',
      new Map([
        ['apiVersion', target.workload?.apiVersion ?? ''],
        ['kind', target.workload?.kind ?? ''],
        ['name', target.workload?.name ?? ''],
        ['uid', target.workload?.uid ?? ''],
      ]),
    ],
    ['labels', new Map(Object.entries(target.labels))],
  ]);
