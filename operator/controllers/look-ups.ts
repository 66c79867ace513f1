/** What our objects are looked up by where very many may have to be asked for at once (`Records.where`). */
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { managerOf } from '../actions/ownership.ts';
import { targetKey, type TargetReference } from './targets.ts';
import type { LookUp } from './records.ts';

/** Remediations by the UID of their Incident. */
export const byIncident: LookUp<Remediation> = ({ spec }) => spec.incidentRef.uid;

/** Remediations by the key of their Incident, which may be gone. */
export const byIncidentKey: LookUp<Remediation> = ({ metadata, spec }) =>
  `${metadata.namespace}/${spec.incidentRef.name}`;

/** Remediations by the key of their plan, which may be gone or another one by now. */
export const byPlanKey: LookUp<Remediation> = ({ metadata, spec }) => `${metadata.namespace}/${spec.planRef.name}`;

/** Remediations by `targetKey` of their target. */
export const byTarget: LookUp<Remediation> = ({ spec }) => targetKey(spec.target);

/** Remediations by the field manager under which they write. */
export const byManager: LookUp<Remediation> = ({ metadata }) => managerOf(metadata);

/** Remediations by the UID of the workload that their target belongs to. */
export const byWorkload: LookUp<Remediation> = ({ spec }) => spec.target.workload?.uid;

/** Incidents by the UID of their policy. */
export const byPolicy: LookUp<Incident> = ({ spec }) => spec.policyRef.uid;

/** Incidents by their policy and target (`judgedKey`). */
export const byJudged: LookUp<Incident> = ({ spec }) => judgedKey(spec.policyRef.uid, spec.target);

/** What a policy judges: itself and a target. */
export const judgedKey = (policyUid: string, target: Pick<TargetReference, 'kind' | 'uid' | 'container'>): string =>
  `${policyUid} ${targetKey(target)}`;
