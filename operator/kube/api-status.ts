/** The one place where an answer of the API server, or its absence, becomes an `ApiError`. */
import { ApiError } from './api.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The parts of a `Status` object that matter here. */
interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: unknown;
}

/**
 * Translates a refusal. The message is the Status message and nothing else: headers and bodies may hold secrets and
 * make unreadable conditions. `retryAfter` is the header of that name, in seconds.
 */
export function refusal(status: number, body: string, retryAfter?: string): ApiError {
  const answer = parseStatus(body);
  const seconds = Number(retryAfter);
  const stale = status === 422 && namesUid(answer?.details);
  return new ApiError(
    typeof answer?.message === 'string' && answer.message !== ''
      ? answer.message
      : `the API server answered ${status} without saying why`,
    {
      status: stale ? 409 : status,
      reason: stale
        ? 'Conflict'
        : typeof answer?.reason === 'string' && answer.reason !== ''
          ? answer.reason
          : (reasons[status] ?? 'Unknown'),
      retryAfterSeconds: retryAfter !== undefined && Number.isFinite(seconds) ? seconds : undefined,
      details: answer?.details,
    },
  );
}

/**
 * A patch with the uid of an object that was replaced meanwhile is called `Invalid` (the field cannot change); for us it
 * is what it is everywhere else, a precondition that failed.
 */
function namesUid(details: unknown): boolean {
  if (typeof details !== 'object' || details === null || !('causes' in details) || !Array.isArray(details.causes))
    return false;
  return details.causes.some(
    (cause: unknown) =>
      typeof cause === 'object' && cause !== null && 'field' in cause && cause.field === 'metadata.uid',
  );
}

/** No answer within `timeoutMs`: what was asked may or may not have been done. */
export const timedOut = (what: string, timeoutMs: number, cause?: unknown): ApiError =>
  new ApiError(`${what}: no answer from the API server within ${timeoutMs / 1000} s`, {
    status: 0,
    reason: 'Timeout',
    cause,
  });

/** The connection could not be made or broke: what was asked may or may not have been done. */
export function unreachable(what: string, cause: unknown): ApiError {
  const why = cause instanceof Error ? ('code' in cause && String(cause.code)) || cause.message : String(cause);
  return new ApiError(`${what}: the API server cannot be reached (${why})`, {
    status: 0,
    reason: 'Unreachable',
    cause,
  });
}

/** An answer that is not what the API promises. */
export const malformed = (what: string, cause?: unknown): ApiError =>
  new ApiError(`${what}: the API server's answer cannot be understood`, { status: 0, reason: 'Malformed', cause });

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status'
      ? parsed
      : undefined;
  } catch {
    return undefined; // A proxy's page or an empty body: the status code has to do.
  }
}
