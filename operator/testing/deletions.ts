/** Deletions in the in-process API server: preconditions, finalizers, pods that take their time, evictions. */
import type { DeleteOptions, KubeObject, Name, Resource } from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { toTime } from '../kube/time.ts';
import { PodDisruptionBudget } from '../kube/resources.ts';
import { budgetSpent, conflict, notFound, severalBudgets } from './api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import type { ObjectStore } from './object-store.ts';
import { isTree } from './patch.ts';
import type { Stored } from './subresources.ts';

export class Deletions {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  /** How long a scheduled pod stays, at most its grace period: there is no kubelet to end it. */
  readonly #podTerminationMs: number;

  constructor(store: ObjectStore, clock: Clock, podTerminationMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#podTerminationMs = podTerminationMs;
  }

  delete({ resource, name = '', namespace, options = {} }: ApiRequest): void {
    const { gracePeriodSeconds, dryRun, ...preconditions } = options as DeleteOptions;
    const object: Stored | undefined = this.#store.get(resource, { name, namespace });
    if (object === undefined) throw notFound(resource, name);
    checkPreconditions(resource, object, preconditions);
    if (dryRun) return;
    const runs = resource.kind === 'Pod' && isTree(object.spec) && 'nodeName' in object.spec;
    const graceSeconds = gracePeriodSeconds ?? (runs ? 30 : 0);
    if (!object.metadata.finalizers?.length && graceSeconds === 0) this.#store.remove(resource, object);
    else this.#mark(resource, object, graceSeconds);
    if (runs && graceSeconds > 0) this.#buryLater(resource, object.metadata, graceSeconds);
  }

  evict({ resource, name = '', namespace, body, options = {} }: ApiRequest): KubeObject {
    const { deleteOptions = {} } = body as { deleteOptions?: { preconditions?: object } };
    const { preconditions, ...rest } = deleteOptions;
    const { dryRun = false } = options as { dryRun?: boolean };
    const pod: Stored | undefined = this.#store.get(resource, { name, namespace });
    if (pod !== undefined && pod.metadata.deletionTimestamp === undefined) this.#useBudget(pod, dryRun);
    this.delete({ verb: 'delete', resource, name, namespace, options: { ...rest, ...preconditions, dryRun } });
    return { apiVersion: 'v1', kind: 'Status', metadata: { name: '' } };
  }

  /**
   * Takes one disruption from the budget that selects the pod, whose `status.disruptionsAllowed` says what is left: nobody
   * here counts it anew.
   */
  #useBudget({ metadata, status }: Stored, dryRun: boolean): void {
    if (isTree(status) && status['phase'] === 'Pending') return;
    const [budget, ...others] = this.#store
      .all(PodDisruptionBudget)
      .filter((each) => each.metadata.namespace === metadata.namespace && selectsPod(each, metadata.labels ?? {}));
    if (budget === undefined) return;
    if (others.length > 0) throw severalBudgets();
    const { status: state } = budget as Stored;
    const allowed = isTree(state) ? Number(state['disruptionsAllowed'] ?? 0) : 0;
    if (allowed <= 0) throw budgetSpent(budget.metadata.name);
    if (dryRun) return;
    const rest = { ...(isTree(state) ? state : {}), disruptionsAllowed: allowed - 1 };
    this.#store.put(PodDisruptionBudget, { ...budget, status: rest } as Stored);
  }

  /** It is dying; a further deletion changes nothing. */
  #mark(resource: Resource, object: Stored, graceSeconds: number): void {
    const { metadata } = object;
    if (metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = toTime(this.#clock.now() + graceSeconds * 1000);
    const generation = metadata.generation === undefined ? {} : { generation: metadata.generation + 1 };
    const dying = { ...metadata, ...generation, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds };
    this.#store.put(resource, { ...object, metadata: dying });
  }

  #buryLater(resource: Resource, { name, namespace, uid }: Name & { uid?: string }, graceSeconds: number): void {
    this.#clock.after(Math.min(graceSeconds * 1000, this.#podTerminationMs), () => {
      const object = this.#store.get(resource, { name, namespace });
      const same = object !== undefined && object.metadata.uid === uid;
      if (same && !object.metadata.finalizers?.length) this.#store.remove(resource, object);
    });
  }
}

/** Whether the budget's `matchLabels` are among the labels of a pod. */
function selectsPod(budget: Stored, labels: Readonly<Record<string, string>>): boolean {
  const selector = isTree(budget.spec) ? budget.spec['selector'] : undefined;
  const wanted = isTree(selector) ? selector['matchLabels'] : undefined;
  return isTree(wanted) && Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Throws a `Conflict` when `wanted` names another object or version. */
export function checkPreconditions(
  resource: Resource,
  { metadata }: Stored,
  wanted: { uid?: string | undefined; resourceVersion?: string | undefined },
): void {
  if (wanted.uid !== undefined && wanted.uid !== metadata.uid) {
    throw conflict(
      resource,
      metadata.name,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== metadata.resourceVersion)
    throw conflict(resource, metadata.name);
}
