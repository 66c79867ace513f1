import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A kubelet over TLS that answers what it is given, to whoever has its token. */
export interface FakeKubelet {
  /** How an agent is told of it. */
  readonly flags: readonly string[];
  /** A directory for other files of the test. */
  readonly directory: string;
  close(): void;
}

/** With this certificate; `answers` are the JSON, or the text, at each path, and may change. */
export async function startKubelet(
  { certificatePem: cert, keyPem: key }: { readonly certificatePem: string; readonly keyPem: string },
  answers: Readonly<Record<string, unknown>>,
): Promise<FakeKubelet> {
  const server = createServer({ cert, key }, (request, response) => {
    const answer = answers[request.url ?? ''];
    if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end();
    else if (answer === undefined) response.writeHead(404).end();
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-kubelet-'));
  writeFileSync(join(directory, 'token'), 'secret\n');
  const { port } = server.address() as AddressInfo;
  return {
    flags: [
      `--kubelet-address=127.0.0.1:${port}`,
      `--kubelet-token-file=${join(directory, 'token')}`,
      '--kubelet-insecure-tls',
    ],
    directory,
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
