/** One HTTP exchange with the API server: kept-alive connections, a deadline on everything, errors translated. */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { abortable } from './abortable.ts';
import { ApiError } from './api.ts';
import { refusal, timedOut, unreachable } from './api-status.ts';
import type { Cluster, Credentials } from './cluster.ts';

/** Headers of a request; one with several values is sent several times. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: string | undefined;
  /** Until the whole answer is there; for a stream, until its headers are. */
  readonly timeoutMs: number;
  /** Ends the exchange at any time. */
  readonly signal?: AbortSignal | undefined;
}

/** Reloading credentials after a 401 is done at most this often. */
const reloadIntervalMs = 10_000;

export class HttpTransport {
  readonly #cluster: Cluster;
  #reloadedMs = -Infinity;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The body of a successful answer. Rejects with an `ApiError`. */
  async send(call: HttpCall): Promise<string> {
    const what = describe(call);
    const deadline = new Deadline(call);
    try {
      return await readBody(await this.#exchange(call, deadline.signal));
    } catch (error) {
      throw translate(error, what, deadline, call.timeoutMs);
    } finally {
      deadline.clear();
    }
  }

  /** A successful answer whose body streams on after this returns, until `call.signal`. Rejects with an `ApiError`. */
  async open(call: HttpCall): Promise<IncomingMessage> {
    const deadline = new Deadline(call);
    try {
      const response = await this.#exchange(call, deadline.signal);
      deadline.stopTimer();
      response.once('close', () => deadline.clear());
      return response;
    } catch (error) {
      deadline.clear();
      throw translate(error, describe(call), deadline, call.timeoutMs);
    }
  }

  /** Tries again only where nothing can have been done: a 401, and a GET on a connection that the server had closed. */
  async #exchange(call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
    for (;;) {
      const credentials = await abortable(this.#credentials(), signal);
      const attempt = this.#start(call, credentials, signal);
      let response: IncomingMessage;
      try {
        response = await attempt.response;
      } catch (error) {
        if (call.method === 'GET' && attempt.request.reusedSocket && !signal.aborted) continue;
        throw error;
      }
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      const body = await readBody(response);
      if (status === 401 && this.#reload()) continue;
      throw refusal(status, body, response.headers['retry-after']);
    }
  }

  async #credentials(): Promise<Credentials> {
    try {
      return await this.#cluster.credentials();
    } catch (cause) {
      const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '').slice(0, 300) : String(cause);
      const message = `no credentials for ${this.#cluster.server.href}: ${why}; check the user of the kubeconfig`;
      throw new ApiError(message, { status: 401, reason: 'Unauthorized', cause });
    }
  }

  /** Whether there are credentials to try anew: a rotated file, a token whose end came early. */
  #reload(): boolean {
    if (performance.now() - this.#reloadedMs < reloadIntervalMs) return false;
    this.#reloadedMs = performance.now();
    try {
      this.#cluster.reload();
      return true;
    } catch {
      return false; // The refusal itself says more than a kubeconfig that is being replaced just now.
    }
  }

  #start(
    call: HttpCall,
    { agent, headers }: Credentials,
    signal: AbortSignal,
  ): { request: ClientRequest; response: Promise<IncomingMessage> } {
    const { server } = this.#cluster;
    const { method, body } = call;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (server.protocol === 'http:' ? httpRequest : httpsRequest)(
      new URL(server.pathname.replace(/\/$/, '') + call.path, server),
      {
        method,
        agent,
        signal,
        headers: {
          Accept: 'application/json',
          'User-Agent': 'homeostat',
          ...headers,
          ...call.headers,
          ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
        },
      },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
    return { request, response: promise };
  }
}

/** A timer and the caller's signal as one signal that says which of the two it was. */
class Deadline {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  timedOut = false;

  constructor({ timeoutMs, signal }: HttpCall) {
    this.#outer = signal;
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#abort.abort();
    }, timeoutMs);
    if (signal?.aborted) this.#abort.abort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The headers are there; from now on only the caller's signal counts. */
  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  clear(): void {
    this.stopTimer();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#abort.abort();
}

const describe = ({ method, path }: HttpCall): string => `${method} ${path.split('?', 1)[0] ?? path}`;

function translate(error: unknown, what: string, deadline: Deadline, timeoutMs: number): ApiError {
  if (error instanceof ApiError) return error;
  return deadline.timedOut ? timedOut(what, timeoutMs, error) : unreachable(what, error);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
