/** Asks the API server what the step function wants to know, and makes the writes it decided on. */
import type { WriteRequest } from '../../actions/action.ts';
import { isJsonObject } from '../../actions/json.ts';
import { readKey, type Answer, type Read } from '../../actions/live.ts';
import type { Failure, Outcome } from '../../decide/decision.ts';
import { isOverload, outcomeOf } from '../../decide/outcome.ts';
import { ApiError, type KubeApi, type KubeObject } from '../../kube/api.ts';
import { listAll } from '../../kube/list.ts';
import type { WriteResult } from './metrics.ts';

/** Answers to these questions, asked at once; a question that fails has the answer `Unreadable`. */
export async function readAll(api: KubeApi, reads: readonly Read[]): Promise<[key: string, answer: Answer][]> {
  return Promise.all(reads.map(async (read) => [readKey(read), await answerOf(api, read)]));
}

async function answerOf(
  api: KubeApi,
  { resource, namespace, name, fieldSelector, labelSelector }: Read,
): Promise<Answer> {
  try {
    if (name === undefined)
      return { is: 'List', items: await listAll(api, resource, { namespace, fieldSelector, labelSelector }) };
    return { is: 'Found', object: await api.get(resource, { namespace, name }) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { is: 'Absent' };
    return { is: 'Unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Makes the writes one after the other, and all of them, whatever becomes of each: a pod that must stay for now does not
 * hold up the others. Only when the API server does not answer or asks for less, the rest is left for later. `stored` is told
 * each object as the API server answers that it stands now, which saves reading it back.
 */
export async function writeAll(
  api: KubeApi,
  requests: readonly WriteRequest[],
  dryRun: boolean,
  stored: (key: string, answer: Answer) => void = () => {},
): Promise<Outcome> {
  const failures: Failure[] = [];
  const answers: KubeObject[] = [];
  const told = (key: string, answer: Extract<Answer, { is: 'Found' }>): void => {
    if (dryRun) answers.push(answer.object);
    else stored(key, answer);
  };
  for (const request of requests) {
    const failure = await tryWrite(api, request, dryRun, told);
    if (failure === undefined) continue;
    failures.push(failure);
    if (isOverload(failure)) break;
  }
  const outcome = outcomeOf(failures);
  return outcome.ok && answers.length > 0 ? { ...outcome, answers } : outcome;
}

async function tryWrite(
  api: KubeApi,
  request: WriteRequest,
  dryRun: boolean,
  told: (key: string, answer: Extract<Answer, { is: 'Found' }>) => void,
): Promise<Failure | undefined> {
  try {
    const object = await write(api, request, dryRun);
    if (object !== undefined) told(readKey(request), { is: 'Found', object });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, reason, message, retryAfterSeconds } = error;
    const failure = { request, status, reason, message, retryAfterSeconds };
    const budget = budgetIn(error);
    return budget === undefined
      ? failure
      : { ...failure, message: `${message} ${budget}`.trim(), disruptionBudget: true };
  }
}

/** What the API server says of the PodDisruptionBudget that refused an eviction; undefined when it was not one. */
function budgetIn({ status, details }: ApiError): string | undefined {
  const causes: unknown = isJsonObject(details) ? details['causes'] : undefined;
  if (status !== 429 || !Array.isArray(causes)) return undefined;
  const cause: unknown = causes.find((each: unknown) => isJsonObject(each) && each['reason'] === 'DisruptionBudget');
  if (!isJsonObject(cause)) return undefined;
  return typeof cause['message'] === 'string' ? cause['message'] : '';
}

/**
 * Makes one write and answers with the object as it is stored, where that is what the API server answers with. Throws an
 * `ApiError` when it is refused or not answered.
 */
export async function write(api: KubeApi, request: WriteRequest, dryRun: boolean): Promise<KubeObject | undefined> {
  const { resource, namespace, name } = request;
  switch (request.verb) {
    case 'patch': {
      const { subresource, fieldManager, patch } = request;
      const answer = await api.patch(resource, { namespace, name }, patch, { subresource, fieldManager, dryRun });
      return subresource === undefined ? answer : undefined;
    }
    case 'delete': {
      const { uid, gracePeriodSeconds } = request;
      await api.delete(resource, { namespace, name }, { uid, gracePeriodSeconds, dryRun });
      return undefined;
    }
    case 'evict': {
      const { uid, gracePeriodSeconds } = request;
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
      const deleteOptions = {
        preconditions: { uid },
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      };
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions };
      await api.create(resource, eviction, { subresource: 'eviction', dryRun });
      return undefined;
    }
    case 'create': {
      const { object, fieldManager } = request;
      return api.create(resource, object, { fieldManager, dryRun });
    }
  }
}

/** An outcome as a metric names it. */
export function resultOf(outcome: Outcome): WriteResult {
  if (outcome.ok) return 'ok';
  switch (outcome.status) {
    case 0:
    case 504:
      return 'unanswered';
    case 403:
      return 'forbidden';
    case 404:
      return 'gone';
    case 409:
      return 'conflict';
    case 429:
      return 'throttled';
    default:
      return outcome.status < 500 ? 'refused' : 'failed';
  }
}
