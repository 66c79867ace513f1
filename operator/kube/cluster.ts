/** Which API server, and as whom: credentials that are fresh on every request, connections that live on. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type ConnectOptions, loadKubeConfig } from './kubeconfig.ts';

/** The credentials of one request. */
export interface Credentials {
  readonly agent: HttpAgent | HttpsAgent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Probes a silent connection after this long, so that a dead path is noticed within about 20 s, also in a quiet watch. */
const keepAliveMs = 10_000;

/** One cluster as one user: where it is, and credentials that are always fresh. */
export class Cluster {
  readonly #options: ConnectOptions;
  #config: KubeConfig;
  #agent: { readonly key: string; readonly agent: HttpAgent | HttpsAgent } | undefined;
  #fresh: { readonly untilMs: number; readonly credentials: Promise<Credentials> } | undefined;

  /** Throws a `KubeConfigError`. */
  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#config = loadKubeConfig(options);
  }

  /** Where the API server is. */
  get server(): URL {
    return new URL(this.#config.getCurrentCluster()?.server ?? '');
  }

  /** The namespace of the context, when it names one. */
  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace;
  }

  /** Credentials for a request now. Many calls at once run an exec plug-in once; tokens and files are looked at again each second. */
  credentials(): Promise<Credentials> {
    const nowMs = performance.now();
    if (this.#fresh === undefined || this.#fresh.untilMs <= nowMs) {
      const credentials = this.#read();
      this.#fresh = { untilMs: nowMs + 1000, credentials };
      credentials.catch(() => (this.#fresh = undefined));
    }
    return this.#fresh.credentials;
  }

  /** Reads the kubeconfig again and forgets cached tokens, after the server refused them. */
  reload(): void {
    this.#config = loadKubeConfig(this.#options);
    this.#fresh = undefined;
  }

  /** Closes all connections. */
  close(): void {
    this.#agent?.agent.destroy();
  }

  async #read(): Promise<Credentials> {
    const options: RequestOptions = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
    if (typeof options.auth === 'string')
      headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    return { agent: this.#agentFor(options), headers };
  }

  /** One agent as long as certificates and authorities stay the same, so that connections live on. */
  #agentFor(options: RequestOptions): HttpAgent | HttpsAgent {
    if (this.#config.getCurrentCluster()?.proxyUrl !== undefined && options.agent instanceof HttpAgent)
      return options.agent;
    const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
    const tls = Object.fromEntries(
      Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const identity = JSON.stringify([this.server.protocol, ...Object.values(tls).map(String)]);
    if (this.#agent?.key === identity) return this.#agent.agent;
    const keepAlive = { keepAlive: true, keepAliveMsecs: keepAliveMs };
    const agent =
      this.server.protocol === 'http:' ? new HttpAgent(keepAlive) : new HttpsAgent({ ...keepAlive, ...tls });
    // Requests in flight end on the old agent; its idle connections are of no more use.
    for (const sockets of Object.values(this.#agent?.agent.freeSockets ?? {}))
      sockets?.forEach((socket) => socket.destroy());
    this.#agent = { key: identity, agent };
    return agent;
  }
}
