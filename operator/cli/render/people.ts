/** What people said. */
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';

const why = (text: string | undefined): string => (text === undefined || text === '' ? '' : `: ${text}`);

/** Of a Remediation: decisions and wishes. */
export const saidOfRemediation = ({ spec, status }: Remediation): string[] => [
  ...(spec.approvals ?? []).map(({ by, decision, note }) => `${by}: ${decision}${why(note)}`),
  ...(status?.approval === undefined || spec.mode !== 'Approve'
    ? []
    : [`${status.approval.given} of ${status.approval.required} approvals`]),
  ...(spec.cancelRequested === undefined
    ? []
    : [`${spec.cancelRequested.by} cancels it${why(spec.cancelRequested.reason)}`]),
  ...(spec.undoRequested === undefined
    ? []
    : [`${spec.undoRequested.by} asks to undo it${why(spec.undoRequested.reason)}`]),
];

/** Of an Incident: who looks after it, whether it was one, and the note. */
export const saidOfIncident = ({ spec }: Incident): string[] => [
  ...(spec.acknowledged === undefined ? [] : [`${spec.acknowledged.by} looks after it`]),
  ...(spec.verdict === undefined
    ? []
    : [`verdict: ${spec.verdict}${spec.verdictBy === undefined ? '' : ` (${spec.verdictBy})`}`]),
  ...(spec.note === undefined ? [] : [`note: ${spec.note}`]),
];
