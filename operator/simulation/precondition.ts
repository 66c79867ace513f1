import { isJsonObject, valueAt } from '../actions/json.ts';
import type { ApiRequest } from '../testing/api-request.ts';

/** What a request demands of the object that it changes; otherwise it changes nothing. */
export interface Precondition {
  readonly uid: unknown;
  readonly resourceVersion: unknown;
}

/** Each is undefined where the request does not demand it. */
export function preconditionOf({ verb, patch, subresource, body, options }: ApiRequest): Precondition {
  if (verb === 'patch') return demanded(valueAt(patch?.body, '/metadata'));
  return demanded(subresource === 'eviction' ? valueAt(body, '/deleteOptions/preconditions') : options);
}

const demanded = (from: unknown): Precondition =>
  isJsonObject(from)
    ? { uid: from['uid'], resourceVersion: from['resourceVersion'] }
    : { uid: undefined, resourceVersion: undefined };
