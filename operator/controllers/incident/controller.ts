/** Leads an Incident from its opening to its end, and has it repaired on the way. */
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import type { Verdict } from '../../../engine/evaluate/verdict.ts';
import { modeUnder, guardrailsFor } from '../../decide/mode.ts';
import { ApiError, hasReason } from '../../kube/api.ts';
import { errorFields } from '../../kube/logger.ts';
import { Incident as IncidentResource, Remediation as RemediationResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { keyOf } from '../../kube/store.ts';
import type { Context } from '../context.ts';
import type { Judge } from '../judge.ts';
import { byIncident } from '../look-ups.ts';
import { aboutObject, aboutTarget } from '../references.ts';
import { undoFinalizer } from '../remediation/finalizer.ts';
import { isFinished, remediationName } from './attempts.ts';
import type { IncidentMetrics } from './metrics.ts';
import { firstSampleMs, isNew, isResolved, progress, type Facts, type Note } from './progress.ts';
import { usualAgainMs, UsualOfIncidents } from './usual.ts';

const isUnderWay = (remediation: Remediation): boolean => !isFinished(remediation);

/** Whether the API server has understood and said no, as it will say again. */
const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError && [400, 403, 422].includes(error.status);

/** The status of an Incident follows what was begun for it so much later: the way to the target goes first. */
export const followAfterMs = 100;

/**
 * While targets wait for their turn, what their Incidents say can wait as well: it is what nobody waits for before them. But
 * for so long at most, and it is looked so often whether it still must.
 */
const mostPutOffMs = 120_000;
const putOffMs = 1000;

export interface IncidentControllerOptions {
  /** Told the UID of a policy when one of its Incidents has ended. */
  readonly onResolved: (policyUid: string) => void;
  /** Whether targets wait for their turn. */
  readonly isBusy: () => boolean;
  /** Why a plan cannot be used; empty when it can. */
  readonly problemsOf: (plan: RemediationPlan) => readonly Problem[];
}

/** What found no room in the outbox is offered again so much later. */
const offerAgainMs = 30_000;

export class IncidentController {
  readonly #context: Context;
  readonly #judge: Judge;
  readonly #metrics: IncidentMetrics;
  readonly #options: IncidentControllerOptions;
  /** By UID, the verdicts that Incidents were opened by and that are not recorded yet. */
  readonly #openings = new Map<string, Verdict>();
  readonly #usual: UsualOfIncidents;

  constructor(context: Context, judge: Judge, metrics: IncidentMetrics, options: IncidentControllerOptions) {
    this.#context = context;
    this.#judge = judge;
    this.#metrics = metrics;
    this.#options = options;
    this.#usual = new UsualOfIncidents(context.usual, context.clock);
  }

  readonly reconcile = async (key: string): Promise<{ requeueAfterMs?: number | undefined } | void> => {
    const { clock, kinds, isLeader, telling } = this.#context;
    const incident = kinds.incidents.get(key);
    if (incident === undefined || incident.metadata.deletionTimestamp !== undefined) telling.offer(key, []);
    if (incident === undefined || incident.metadata.deletionTimestamp !== undefined || !isLeader()) return;
    const { policyRef, target } = incident.spec;
    const judgement = this.#judge.judge(policyRef.uid, target, firstSampleMs(incident));
    // Before the stream has been read there is nothing to say, only what was said before the restart.
    if (judgement.state === 'Unknown' && !this.#judge.isLive) return;
    const { uid = '' } = incident.metadata;
    const isFirst = isNew(incident);
    if (isFirst && judgement.state === 'Firing' && !this.#openings.has(uid)) this.#openings.set(uid, judgement.verdict);
    const opening = this.#openings.get(uid);
    if (isFirst && opening !== undefined) this.#usual.begin(uid, opening);
    const remediations = this.#remediationsOf(incident);
    if (isFirst && judgement.state === 'Firing' && remediations.some(isUnderWay) && this.#canWait(incident))
      return { requeueAfterMs: putOffMs };
    const plan = this.#planOf(incident);
    const facts: Facts = {
      incident,
      nowMs: clock.now(),
      judgement,
      opening,
      usual: this.#usual.of(uid),
      remediations,
      plan,
      planProblem: plan && this.#problemOf(plan),
      telling,
    };
    let next = progress(facts);
    // The Remediation first: it is what the target waits for. Made twice, it is refused.
    if (next.attempt !== undefined && plan !== undefined) {
      const refusal = await this.#begin(incident, plan, next.attempt);
      if (refusal !== undefined) next = progress({ ...facts, refusal });
      else if (isFirst) return { requeueAfterMs: followAfterMs };
    } else if (isFirst && this.#usual.isWaiting(uid)) return { requeueAfterMs: usualAgainMs };
    this.#openings.delete(uid);
    this.#usual.forget(uid);
    if (next.changed) await this.#save(key, incident, next.status);
    for (const note of next.notes) this.#tell(incident, note);
    if (!isResolved(incident) && judgement.state === 'Over') {
      this.#metrics.resolved(judgement.reason);
      this.#options.onResolved(policyRef.uid);
    }
    const hasRoom = telling.offer(key, next.offers);
    const againAtMs = Math.min(next.againAtMs ?? Infinity, hasRoom ? Infinity : clock.now() + offerAgainMs);
    return againAtMs === Infinity ? {} : { requeueAfterMs: Math.max(0, againAtMs - clock.now()) };
  };

  #canWait({ spec }: Incident): boolean {
    return this.#options.isBusy() && this.#context.clock.now() - Date.parse(spec.openedTime) < mostPutOffMs;
  }

  #planOf({ metadata, spec: { route } }: Incident): RemediationPlan | undefined {
    const plan =
      route.plan === undefined ? undefined : this.#context.kinds.plans.get(`${metadata.namespace}/${route.plan}`);
    return plan?.metadata.deletionTimestamp === undefined ? plan : undefined;
  }

  #problemOf(plan: RemediationPlan): string | undefined {
    const [first] = this.#options.problemsOf(plan);
    return first && `${first.path} ${first.message}`;
  }

  #remediationsOf({ metadata }: Incident): Remediation[] {
    const ours = this.#context.kinds.remediations.where(byIncident, metadata.uid);
    return ours.filter(({ metadata: { namespace } }) => namespace === metadata.namespace);
  }

  /** Creates the Remediation; answers why the API server refuses it, if it does. */
  async #begin(incident: Incident, plan: RemediationPlan, attempt: number): Promise<string | undefined> {
    const { api, kinds, logger } = this.#context;
    const remediation = this.#remediation(incident, plan, attempt);
    try {
      kinds.remediations.wrote(
        await api.create<Remediation>(RemediationResource, remediation, { fieldManager: 'homeostat' }),
      );
      logger.info('remediation created', { remediation: keyOf(remediation), incident: keyOf(incident), attempt });
    } catch (error) {
      if (isRefusal(error)) {
        logger.warn('remediation not created', { remediation: keyOf(remediation), ...errorFields(error) });
        return error.message;
      }
      if (!hasReason(error, 'AlreadyExists')) throw error;
      kinds.remediations.wrote(await api.get<Remediation>(RemediationResource, remediation.metadata));
    }
    return undefined;
  }

  /** A copy of everything that matters of the plan: a later edit of it changes nothing that has begun. */
  #remediation({ metadata, spec }: Incident, plan: RemediationPlan, attempt: number): Remediation {
    const { kinds, rootNamespace } = this.#context;
    const guardrails = guardrailsFor(metadata.namespace, rootNamespace, [...kinds.guardrails.list()]);
    const { mode, serviceAccountName, steps, verify } = plan.spec;
    return {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'Remediation',
      metadata: {
        name: remediationName(plan.metadata.name, metadata.uid ?? '', attempt),
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        finalizers: [undoFinalizer],
      },
      spec: {
        planRef: { name: plan.metadata.name, uid: plan.metadata.uid ?? '', generation: plan.metadata.generation ?? 1 },
        incidentRef: { name: metadata.name, uid: metadata.uid ?? '' },
        target: spec.target,
        mode: modeUnder(mode, guardrails),
        attempt,
        ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
        steps,
        verify,
        // There, so that a JSON patch can add to it.
        approvals: [],
      },
    };
  }

  async #save(key: string, incident: Incident, status: NonNullable<Incident['status']>): Promise<void> {
    const { api, kinds } = this.#context;
    try {
      kinds.incidents.wrote(await writeStatus(api, IncidentResource, incident, status));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      kinds.incidents.forget(key);
    }
  }

  #tell(incident: Incident, { type, reason, note }: Note): void {
    const regarding = aboutObject(IncidentResource, incident);
    const target = aboutTarget(incident.spec.target);
    this.#context.events.record({ regarding, related: target, type, reason, action: 'Judge', note });
    this.#context.events.record({ regarding: target, related: regarding, type, reason, action: 'Judge', note });
  }
}
