/** Lets go of Incidents of a policy that ended long ago. */
import { Incident as IncidentResource } from '../../kube/resources.ts';
import type { Context } from '../context.ts';
import { letGo, mostAtOnce, nextAfterMs } from '../letting-go.ts';
import { byPolicy } from '../look-ups.ts';
import { incidentHistoryLimit, outdatedIncidents } from './history.ts';

export class IncidentRetention {
  readonly #context: Context;
  /** By the policy's UID, the UIDs of what was deleted last, which the watch may still tell. */
  readonly #deleted = new Map<string, ReadonlySet<string>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Of the policy with this UID. */
  readonly reconcile = async (policyUid: string): Promise<{ requeueAfterMs: number } | void> => {
    const { kinds, isLeader } = this.#context;
    if (!isLeader()) return;
    const deleted = this.#deleted.get(policyUid);
    const incidents = kinds.incidents.where(byPolicy, policyUid);
    const there = incidents.filter(({ metadata }) => deleted?.has(metadata.uid ?? '') !== true);
    const old = outdatedIncidents(there, [...kinds.remediations.list()]);
    const going = old.slice(0, mostAtOnce);
    await letGo(this.#context, IncidentResource, going, incidentHistoryLimit);
    const told = incidents.filter((incident) => !there.includes(incident) || going.includes(incident));
    if (told.length === 0) this.#deleted.delete(policyUid);
    else this.#deleted.set(policyUid, new Set(told.map(({ metadata }) => metadata.uid ?? '')));
    if (old.length > going.length) return { requeueAfterMs: nextAfterMs };
  };
}
