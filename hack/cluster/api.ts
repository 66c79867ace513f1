import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';

/** One answer of the API server; the body is what its JSON says, or the text. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Plain requests to an API server as the cluster's administrator. Network errors are answers with status 0. */
export interface Api {
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
}

/** Connects with the certificates of `pki`; connections are kept open until the process ends. */
export function connectApi(url: string, pki: string, identity = 'admin'): Api {
  const pem = (file: string): Buffer => readFileSync(join(pki, file));
  const agent = new Agent({
    ca: pem('ca.crt'),
    cert: pem(`${identity}.crt`),
    key: pem(`${identity}.key`),
    keepAlive: true,
    maxSockets: 8,
  });
  return {
    request: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve) => {
        const failed = (error: Error): void => resolve({ status: 0, body: error.message });
        const headers = body === undefined ? {} : { 'content-type': contentType };
        const call = request(new URL(path, url), { method, agent, headers, timeout: 10_000 }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', failed);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
        });
        call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
        call.on('error', failed);
        call.end(body === undefined ? undefined : JSON.stringify(body));
      }),
  };
}

/** Whether a plain HTTP address answers 200. */
export function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = get(url, { timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
