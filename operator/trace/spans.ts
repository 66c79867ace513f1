/**
 * The trace of an Incident, from its first sample to its outcome, as a pure function of what is on record: so it is the
 * same whoever tells it, as often as it is told, and no restart cuts it in two.
 */
import type { Incident } from '../../crds/incident.ts';
import type { Remediation, StepStatus } from '../../crds/remediation.ts';
import { findCondition } from '../kube/conditions.ts';
import { parseTime } from '../kube/time.ts';
import { spanIdOf, traceIdOf, type Attributes, type Span, type SpanEvent } from './span.ts';
import { targetAttributes } from './target-attributes.ts';

/** A span that its parent gives the rest. */
interface Piece {
  readonly name: string;
  readonly id: string;
  readonly startMs: number | undefined;
  /** Absent: with the last of its parts. */
  readonly endMs?: number | undefined;
  readonly attributes?: Attributes;
  readonly events?: readonly SpanEvent[];
  readonly error?: string | undefined;
  readonly parts?: readonly Piece[];
}

/** Parents before their parts, oldest first. What has no time on record is left out, with what is part of it. */
export function spansOf(incident: Incident, remediations: readonly Remediation[]): Span[] {
  const { metadata, spec, status } = incident;
  const openedMs = parseTime(spec.openedTime);
  const firstSampleMs = parseTime(status?.firstSampleTime);
  const resolved = findCondition(status?.conditions, 'Resolved');
  const inOrder = remediations.toSorted(
    (a, b) => a.spec.attempt - b.spec.attempt || (createdMs(a) ?? 0) - (createdMs(b) ?? 0),
  );
  const root: Piece = {
    name: 'incident',
    id: 'incident',
    startMs: firstSampleMs ?? openedMs,
    endMs: resolved?.status === 'True' ? parseTime(resolved.lastTransitionTime) : undefined,
    attributes: {
      'homeostat.incident.name': metadata.name,
      'homeostat.policy.name': spec.policyRef.name,
      'homeostat.severity': spec.severity,
      'homeostat.outcome': resolved?.reason,
      ...targetAttributes(spec.target),
    },
    events: lines(status?.timeline),
    parts: [
      { name: 'detect', id: 'detect', startMs: firstSampleMs, endMs: openedMs, events: seen(incident) },
      ...inOrder.map((remediation) => remediationPiece(remediation, openedMs)),
    ],
  };
  return spread(root, traceIdOf(metadata.uid ?? ''), undefined);
}

/** What the signals showed, and in which frames. */
const seen = ({ spec, status }: Incident): SpanEvent[] =>
  (status?.evidence ?? []).map((evidence) => ({
    name: 'signal',
    atMs: parseTime(evidence.since) ?? parseTime(spec.openedTime) ?? 0,
    attributes: {
      'homeostat.signal': evidence.signal,
      'homeostat.metric': evidence.metric,
      'homeostat.firing': evidence.firing,
      'homeostat.value': evidence.value,
      'homeostat.threshold': evidence.threshold,
      'homeostat.finding': evidence.finding,
      'homeostat.frame.source': evidence.source,
      'homeostat.frame.first_sequence': evidence.fromSequence,
      'homeostat.frame.last_sequence': evidence.toSequence,
    },
  }));

/** Its creation is on record in whole seconds only: it was made after the Incident. */
function remediationPiece(remediation: Remediation, openedMs: number | undefined): Piece {
  const { metadata, spec, status } = remediation;
  const uid = metadata.uid ?? '';
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  const madeMs = Math.max(createdMs(remediation) ?? openedMs ?? 0, openedMs ?? 0);
  const finishedMs = parseTime(status?.finishedTime);
  const startedMs = parseTime(status?.startedTime);
  return {
    name: 'remediate',
    id: uid,
    startMs: madeMs,
    endMs: finishedMs,
    attributes: {
      'homeostat.remediation.name': metadata.name,
      'homeostat.plan.name': spec.planRef.name,
      'homeostat.mode': spec.mode,
      'homeostat.attempt': spec.attempt,
      'homeostat.outcome': succeeded?.reason,
      'homeostat.preview': status?.preview?.blastRadius?.summary,
    },
    events: lines(status?.timeline),
    error: succeeded?.status === 'False' ? succeeded.message : undefined,
    parts: [
      {
        name: 'admit',
        id: `${uid}/admit`,
        startMs: madeMs,
        endMs: startedMs ?? finishedMs,
        events: admission(remediation),
      },
      ...(status?.steps ?? []).map((step) => stepPiece(uid, step)),
      verification(uid, remediation),
      undoing(uid, remediation),
    ],
  };
}

/** The guards, as they were checked last, and what people decided. */
const admission = ({ status }: Remediation): SpanEvent[] => [
  ...(status?.guards ?? []).map(({ name, passed, message, checkedTime }) => ({
    name: 'guard',
    atMs: parseTime(checkedTime) ?? 0,
    attributes: { 'homeostat.guard': name, 'homeostat.guard.passed': passed, 'homeostat.message': message },
  })),
  ...(status?.approval?.decisions ?? []).map(({ decision, time }) => ({
    name: 'decision',
    atMs: parseTime(time) ?? 0,
    attributes: { 'homeostat.decision': decision },
  })),
];

/** From when its pre-image is stored to when it was seen to be made. */
const stepPiece = (
  uid: string,
  { name, action, state, message, startedTime, madeTime, finishedTime, changes }: StepStatus,
): Piece => {
  const madeMs = parseTime(madeTime);
  return {
    name: `step ${action ?? 'unknown'}`,
    id: `${uid}/step/${name}`,
    startMs: parseTime(startedTime),
    endMs: parseTime(finishedTime),
    attributes: { 'homeostat.step': name, 'homeostat.step.state': state, 'homeostat.step.changes': changes?.length },
    events: madeMs === undefined ? [] : [{ name: 'made', atMs: madeMs, attributes: {} }],
    error: state === 'Failed' ? (message ?? 'it failed') : undefined,
  };
};

function verification(uid: string, { status }: Remediation): Piece {
  const verified = findCondition(status?.conditions, 'Verified');
  const applied = findCondition(status?.conditions, 'Applied');
  const isOver = verified !== undefined && applied?.status === 'True';
  return {
    name: 'verify',
    id: `${uid}/verify`,
    startMs: isOver ? parseTime(applied.lastTransitionTime) : undefined,
    endMs: parseTime(status?.finishedTime),
    attributes: { 'homeostat.outcome': verified?.reason, 'homeostat.effect': status?.effect?.summary },
    error: verified?.status === 'False' ? verified.message : undefined,
  };
}

/** From the first change whose undoing came to something to the last. */
function undoing(uid: string, { status }: Remediation): Piece {
  const undone = findCondition(status?.conditions, 'Undone');
  const undos = (status?.steps ?? []).flatMap(({ changes = [] }) => changes.flatMap(({ undo }) => undo ?? []));
  const times = undos.flatMap(({ state, time }) => (state === 'None' ? [] : (parseTime(time) ?? [])));
  return {
    name: 'undo',
    id: `${uid}/undo`,
    startMs: times.length === 0 ? undefined : Math.min(...times),
    endMs: Math.max(...times),
    attributes: { 'homeostat.outcome': undone?.reason, 'homeostat.undo.changes': times.length },
    error: undone?.status === 'False' ? undone.message : undefined,
  };
}

const lines = (timeline: readonly { readonly time: string; readonly what: string }[] | undefined): SpanEvent[] =>
  (timeline ?? []).map(({ time, what }) => ({
    name: 'timeline',
    atMs: parseTime(time) ?? 0,
    attributes: { 'homeostat.message': what },
  }));

const createdMs = ({ metadata }: Remediation): number | undefined => parseTime(metadata.creationTimestamp);

function spread(piece: Piece, traceId: string, parentSpanId: string | undefined): Span[] {
  const { name, id, startMs, attributes = {}, events = [], error, parts = [] } = piece;
  if (startMs === undefined) return [];
  const spanId = spanIdOf(traceId, id);
  const children = parts.flatMap((part) => spread(part, traceId, spanId));
  const endMs = Math.max(startMs, piece.endMs ?? Math.max(...children.map((child) => child.endMs)));
  const own: Span = {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    startMs,
    endMs,
    attributes,
    events,
    ...(error === undefined ? {} : { error }),
  };
  return [own, ...children];
}
