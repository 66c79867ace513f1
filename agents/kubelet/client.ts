import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

export interface KubeletClientOptions {
  readonly host: string;
  readonly port: number;
  /** Holds the bearer token; read anew for each request, since it is replaced while it is valid. */
  readonly tokenFile: string;
  /** Certificates that may have signed the kubelet's own. */
  readonly caFile: string;
  /** Do not check who answers: most kubelets sign their certificate themselves. */
  readonly insecureTls: boolean;
  /** From the request to the last byte. Default 5000. */
  readonly timeoutMs?: number;
  /** A longer answer is given up. Default 16 MiB: 250 pods take about 1. */
  readonly maxBytes?: number;
}

/** Why a kubelet did not give what was asked, in words that say what to do. `status` is of HTTP, if it came to that. */
export class KubeletError extends Error {
  override readonly name = 'KubeletError';
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Asks a kubelet over one connection, with limits on time and size. */
export class KubeletClient {
  readonly #options: KubeletClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(options: KubeletClientOptions) {
    this.#options = options;
  }

  /** The JSON at a path. `resource` is what RBAC calls it, for the message when it is refused. Rejects with a KubeletError. */
  async json(path: string, resource: string): Promise<unknown> {
    return parsed(path, await this.#body(path, resource));
  }

  /** The text at a path, else like `json`. */
  async text(path: string, resource: string): Promise<string> {
    return (await this.#body(path, resource)).toString();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #body(path: string, resource: string): Promise<Buffer> {
    const { status, body } = await this.#get(path);
    if (status === 200) return body;
    const why = {
      401: 'it does not know the token: does it authenticate by webhook, and is the token of this cluster?',
      403: `it refuses: grant the agent's account the verb get on ${resource}`,
      404: 'it does not have that',
    }[status];
    throw new KubeletError(`GET ${path} of the kubelet: ${why ?? `HTTP ${status}`}`, status);
  }

  #get(path: string): Promise<{ status: number; body: Buffer }> {
    const { host, port, tokenFile, caFile, insecureTls, timeoutMs = 5000, maxBytes = 16 * 2 ** 20 } = this.#options;
    const failed = (why: string): KubeletError => new KubeletError(`GET ${path} of the kubelet: ${why}`);
    return new Promise((resolve, reject) => {
      const options = {
        host,
        port,
        path,
        agent: this.#agent,
        headers: { authorization: `Bearer ${read(tokenFile, 'token').trim()}`, accept: 'application/json, text/plain' },
        signal: AbortSignal.timeout(timeoutMs),
        rejectUnauthorized: !insecureTls,
        ...(!insecureTls && { ca: read(caFile, 'CA') }),
      };
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > maxBytes) response.destroy(failed(`its answer is longer than ${maxBytes} bytes`));
        });
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      asked.once('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof KubeletError) reject(error);
        else if (error.name === 'TimeoutError' || error.name === 'AbortError')
          reject(failed(`no answer within ${timeoutMs} ms`));
        else if (isUntrusted(error))
          reject(
            failed(`${error.message}: name its CA with --kubelet-ca-file, or take any with --kubelet-insecure-tls`),
          );
        else reject(failed(error.message));
      });
      asked.end();
    });
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeletError(
      `the kubelet's ${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parsed(path: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new KubeletError(`GET ${path} of the kubelet: its answer is no JSON`, 200);
  }
}

const isUntrusted = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
