import { clip } from '../../decide/clip.ts';
import type { Evidence, SampleQuality } from '../../../engine/evaluate/verdict.ts';
import type { IncidentStatus } from '../../../crds/incident.ts';
import type { UsualAnswer } from './usual.ts';

export type RecordedEvidence = NonNullable<IncidentStatus['evidence']>[number];

/** What a signal showed, as an Incident records it, with what is usual there if that was asked for. */
export const evidenceOf = (evidence: Evidence, usual?: UsualAnswer): RecordedEvidence => ({
  signal: evidence.signal,
  metric: evidence.metric,
  aggregate: evidence.aggregate,
  windowSeconds: evidence.windowSeconds,
  ...(Number.isFinite(evidence.value) ? { value: quantityText(evidence.value) } : {}),
  threshold: thresholdText(evidence.threshold),
  ...(evidence.finding === '' ? {} : { finding: clip(evidence.finding, 256) }),
  firing: evidence.firing,
  confidence: percentText(evidence.confidence),
  ...(Number.isFinite(evidence.sinceMs) ? { since: new Date(evidence.sinceMs).toISOString() } : {}),
  samples: evidence.samples,
  ...qualityOf(evidence.quality),
  ...(usual === undefined ? {} : { usual: usualText(usual) }),
  source: evidence.source,
  fromSequence: evidence.fromSequence,
  toSequence: evidence.toSequence,
});

const usualText = (usual: UsualAnswer): NonNullable<RecordedEvidence['usual']> =>
  'absent' in usual
    ? { absent: usual.absent }
    : { p50: quantityText(usual.p50), p99: quantityText(usual.p99), over: usual.span, hours: usual.hours };

const mostSkewMs = 2_147_483_647;

/** What is wrong with the samples; nothing when nothing is. */
function qualityOf({ flatMs, skewMs, ...counts }: SampleQuality): Pick<RecordedEvidence, 'quality'> {
  const told = {
    ...counts,
    skewMilliseconds: Math.round(Math.max(-mostSkewMs, Math.min(mostSkewMs, skewMs))),
    flatSeconds: Math.floor(flatMs / 1000),
  };
  const quality = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== 0));
  return Object.keys(quality).length === 0 ? {} : { quality };
}

/** What a value was compared with, as a status takes it: a list of states may be long. */
export const thresholdText = (threshold: string): string => clip(threshold, 128);

/** `high (k8s.container.memory.limit_utilization) is 0.93, > 90%`, for people; instead of the threshold what was found. */
export function describeEvidence({ signal, metric, value, threshold, finding = threshold }: RecordedEvidence): string {
  return `${signal} (${metric}) is ${value ?? 'unknown'}${finding === undefined ? '' : `, ${finding}`}`;
}

/** A number as a quantity of at most six significant digits: `0.93`, `104858000`, `1.5e-7`. */
export function quantityText(value: number): string {
  if (!Number.isFinite(value)) return '0';
  return String(Number(value.toPrecision(6))).replace('e+', 'e');
}

/** A share from 0 to 1 as a percentage with at most two decimals: `99.25%`. */
export const percentText = (share: number): string =>
  `${Math.floor(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * 10_000) / 100}%`;
