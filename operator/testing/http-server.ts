import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a request was, for expectations. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** As they came: name, value, name, value; those of one name are not joined. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A bare HTTP server on loopback with a kubeconfig that names it: for tests of what is on the wire. */
export class HttpServer {
  readonly seen: SeenRequest[] = [];
  /** How many connections were ever opened. */
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #directory = mkdtempSync(join(tmpdir(), 'homeostat-http-'));
  /** Answers after the body was read. */
  answer: (response: ServerResponse, request: SeenRequest) => void = (response) => json(response, 200, {});

  constructor() {
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, rawHeaders } = request;
        const body = Buffer.concat(chunks).toString();
        const seen = { method, url: new URL(url, 'http://server'), headers, rawHeaders, body };
        this.seen.push(seen);
        this.answer(response, seen);
      });
    };
    this.#server = createServer({ keepAliveTimeout: 0 }, listener);
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Cuts every open connection. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Writes a file into a directory that goes with the server; returns its path. */
  file(name: string, text: string, mode = 0o600): string {
    const path = join(this.#directory, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  /** A kubeconfig for this server with this `user` entry; returns its path. */
  kubeconfig(user: object = { token: 'secret-token' }): string {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: this.address, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'shop' } }],
    };
    return this.file('kubeconfig', JSON.stringify(config));
  }
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
