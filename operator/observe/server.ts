import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** A thing that has to be so before the operator does its work; `undefined` when it is, else what is missing and what to do. */
export interface ReadinessCheck {
  readonly name: string;
  readonly missing: () => string | undefined;
}

export interface ObserveServer {
  /** The port really listened on. */
  readonly port: number;
  close(): Promise<void>;
}

/** The body of /readyz, a line per check like the API server’s own, and whether all are met. */
export function readiness(checks: readonly ReadinessCheck[]): { ready: boolean; text: string } {
  const results = checks.map(({ name, missing }) => ({ name, reason: missing() }));
  const lines = results.map(({ name, reason }) => (reason === undefined ? `[+] ${name} ok` : `[-] ${name}: ${reason}`));
  return { ready: results.every(({ reason }) => reason === undefined), text: `${lines.join('\n')}\n` };
}

/**
 * Serves /metrics, /healthz (the process answers), /readyz (every check, with the reason of each that is not met), and
 * `documents`: JSON by path, made when it is asked for.
 * Rejects when the address cannot be listened on.
 */
export async function serve(
  options: { port: number; address: string },
  registry: Registry,
  checks: readonly ReadinessCheck[],
  documents: Readonly<Record<string, () => string>> = {},
): Promise<ObserveServer> {
  const pages: Record<string, () => Page | Promise<Page>> = {
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    '/healthz': () => text(200, 'ok\n'),
    '/readyz': () => {
      const { ready, text: body } = readiness(checks);
      return text(ready ? 200 : 503, body);
    },
  };
  for (const [path, body] of Object.entries(documents))
    pages[path] = () => ({ status: 200, type: 'application/json', body: body() });
  const server = createServer((request, response) => {
    const page = pages[pathOf(request.url)] ?? (() => text(404, 'not found\n'));
    void Promise.resolve()
      .then(page)
      .catch((error: unknown) => text(500, `${String(error)}\n`))
      .then(({ status, type, body }) => response.writeHead(status, { 'Content-Type': type }).end(body));
  });
  await listening(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Whoever reaches the port may ask for anything, also for what is no URL: `//`. */
const pathOf = (url = ''): string => URL.parse(url, 'http://localhost')?.pathname ?? '';

const text = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });

const listening = (server: Server, { port, address }: { port: number; address: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve());
  });
