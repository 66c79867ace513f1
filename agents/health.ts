import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page’s answer: 200 with this text, or 503 with why not. */
export type Check = () => { readonly ok: boolean; readonly text: string };

export interface HealthServer {
  /** The port really listened on. */
  readonly port: number;
  close(): Promise<void>;
}

export interface Pages {
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly healthz: Check;
  readonly readyz: Check;
}

/** Serves /metrics, /healthz and /readyz. Rejects when the address cannot be listened on. */
export async function serveHealth(listen: { port: number; address: string }, pages: Pages): Promise<HealthServer> {
  const plain = (check: Check) => async () => {
    const { ok, text } = check();
    return { status: ok ? 200 : 503, type: 'text/plain; charset=utf-8', text: `${text}\n` };
  };
  const routes = new Map([
    ['/metrics', async () => ({ status: 200, ...(await pages.metrics()) })],
    ['/healthz', plain(pages.healthz)],
    ['/readyz', plain(pages.readyz)],
  ]);
  const notFound = plain(() => ({ ok: true, text: 'not found' }));
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const route = routes.get(path);
    void (route ?? notFound)().then(
      ({ status, type, text }) =>
        response.writeHead(route === undefined ? 404 : status, { 'Content-Type': type }).end(text),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
