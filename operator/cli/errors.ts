/** Why something did not work, in words that say what to do, with the exit code that scripts see. */
import { ApiError } from '../kube/api.ts';
import { KubeConfigError } from '../kube/kubeconfig.ts';
import { exitCodes, Failure } from './exit.ts';

/** Where and as whom the API server was asked. */
export interface Asked {
  readonly server?: string | undefined;
  /** Whom `--as` names. */
  readonly as?: string | undefined;
}

/** Any error as a `Failure`. */
export function failureOf(error: unknown, asked: Asked = {}): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof KubeConfigError) return new Failure(exitCodes.noCluster, error.message, { cause: error });
  if (error instanceof ApiError) return apiFailure(error, asked);
  if (isOfFile(error)) return new Failure(exitCodes.failed, fileProblem(error), { cause: error });
  return new Failure(exitCodes.failed, error instanceof Error ? error.message : String(error), { cause: error });
}

function apiFailure(error: ApiError, { server = 'the API server', as }: Asked): Failure {
  const fail = (code: Failure['code'], message: string): Failure => new Failure(code, message, { cause: error });
  const { status, reason, message } = error;
  if (status === 0) {
    return fail(
      exitCodes.noCluster,
      `${server} does not answer: ${message}. Is the cluster up, and is it the right --context or KUBECONFIG?`,
    );
  }
  if (status === 401) {
    return fail(
      exitCodes.notAllowed,
      `${server} does not know you: ${message}. Log in anew, or choose another --context`,
    );
  }
  if (status === 403) {
    const hint =
      as === undefined
        ? 'the cluster roles homeostat-view, -edit and -admin of the chart allow it; ask who administers the cluster'
        : `you must be allowed to impersonate ${as}, who must be allowed to do this`;
    return fail(exitCodes.notAllowed, `not allowed: ${message} (${hint})`);
  }
  if (status === 404 && !namesObject(error)) {
    return fail(
      exitCodes.notInstalled,
      `${server} has no such kind of object: Homeostat is not installed there, or in another version ` +
        '(helm install homeostat charts/homeostat --namespace homeostat-system --create-namespace)',
    );
  }
  if (status === 404) return fail(exitCodes.notFound, message);
  if (status === 409) return fail(exitCodes.refused, `somebody was faster: ${message}. Look again, then repeat it`);
  if (status === 400 || status === 422) return fail(exitCodes.refused, `the API server refuses it: ${message}`);
  return fail(exitCodes.failed, `the API server answers ${status} ${reason}: ${message}`);
}

/** A 404 about an object has its name in the details; one about a kind that is not served has none. */
const namesObject = ({ details }: ApiError): boolean =>
  typeof details === 'object' && details !== null && 'name' in details && details.name !== '';

interface FileError extends Error {
  readonly path: string;
}

const isOfFile = (error: unknown): error is FileError =>
  error instanceof Error && 'syscall' in error && 'path' in error && typeof error.path === 'string';

/** The file first, and without the system call: `w.hrec: ENOENT: no such file or directory`. */
const fileProblem = ({ path, message }: FileError): string => `${path}: ${message.replace(/, \w+ '.*'$/, '')}`;
