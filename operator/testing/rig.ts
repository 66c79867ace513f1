/**
 * One installation of its own on a shared cluster, for integration tests: a root namespace, a stream, a node that only
 * the test speaks for, and operator processes that can be killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { encodeFrame, encodeKeyframe } from '../../engine/frame/encode.ts';
import { frameSubject } from '../../engine/frame/subject.ts';
import type { Keyframe } from '../../engine/frame/types.ts';
import type { HttpKubeApi } from '../kube/http-api.ts';
import { Node, Remediation } from '../kube/resources.ts';
import { connectToCluster, makeNamespace, removeNamespace } from './real-cluster.ts';

/** An operator process. */
export interface OperatorProcess {
  /** The text of /readyz. */
  readyz(): Promise<string>;
  metrics(): Promise<string>;
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  stop(): Promise<number | NodeJS.Signals | null>;
  /** All it has said. */
  readonly log: readonly string[];
}

export class Rig {
  readonly api: HttpKubeApi;
  readonly namespace: string;
  readonly node: string;
  readonly prefix: string;
  readonly #natsUrl: string;
  readonly #nats: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #running = new Set<ChildProcess>();
  #sequence = 0;
  #boot = '0'.repeat(32);
  #publishing: NodeJS.Timeout | undefined;

  private constructor(api: HttpKubeApi, namespace: string, natsUrl: string, nats: NatsConnection) {
    this.api = api;
    this.namespace = namespace;
    this.node = `${namespace}-node`;
    this.prefix = namespace;
    this.#natsUrl = natsUrl;
    this.#nats = nats;
    this.#jetstream = jetstream(nats);
  }

  static async create(name: string): Promise<Rig> {
    const natsUrl = process.env['HOMEOSTAT_NATS_URL'];
    if (!natsUrl) throw new Error('integration tests need NATS: run `make cluster-up`, or set HOMEOSTAT_NATS_URL');
    const api = connectToCluster();
    const namespace = await makeNamespace(api, name);
    const rig = new Rig(api, namespace, natsUrl, await connect({ servers: natsUrl }));
    await api.create(Node, { metadata: { name: rig.node, labels: { rig: namespace } } });
    return rig;
  }

  async remove(): Promise<void> {
    this.silence();
    for (const child of this.#running) child.kill('SIGKILL');
    await this.#removeStreams();
    await this.#nats.close();
    await this.api.delete(Node, { name: this.node }).catch(() => {});
    // Nobody is left who would take back what was done, so nobody would let the records go.
    const { items } = await this.api.list(Remediation, { namespace: this.namespace });
    for (const { metadata } of items) {
      const patch = { type: 'merge', body: { metadata: { finalizers: [] } } } as const;
      await this.api.patch(Remediation, { name: metadata.name, namespace: this.namespace }, patch).catch(() => {});
    }
    await removeNamespace(this.api, this.namespace);
    this.api.close();
  }

  /** The server sets room aside for each stream, and for each bucket. */
  async #removeStreams(): Promise<void> {
    const { streams } = await jetstreamManager(this.#nats);
    const ours: string[] = [];
    for await (const { config } of streams.list())
      if (config.subjects.some((each) => each.startsWith(`${this.prefix}.`) || each.startsWith(`$KV.${this.prefix}-`)))
        ours.push(config.name);
    for (const name of ours) await streams.delete(name).catch(() => false);
  }

  /** Starts an operator; always with the same identity, so that the next one after a kill leads at once. */
  async operator(environment: Record<string, string> = {}, ...flags: string[]): Promise<OperatorProcess> {
    const own = ['--namespace', this.namespace, '--watch-namespaces', this.namespace, '--subject-prefix', this.prefix];
    const common = ['--metrics-port', '0', '--metrics-address', '127.0.0.1', '--identity', 'rig'];
    const child = spawn(process.execPath, ['operator/main.ts', ...own, ...common, ...flags], {
      env: { ...process.env, HOMEOSTAT_NATS_URL: this.#natsUrl, ...environment },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.#running.add(child);
    const log: string[] = [];
    const port = Promise.withResolvers<number>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      const said = line.startsWith('{') ? (JSON.parse(line) as { message?: string; port?: number }) : {};
      if (said.message === 'listening' && said.port !== undefined) port.resolve(said.port);
    });
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#running.delete(child);
        port.reject(new Error(`the operator ended with ${code ?? signal}:\n${log.join('\n')}`));
        resolve(code ?? signal);
      });
    });
    const url = `http://127.0.0.1:${await port.promise}`;
    const page = async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text();
    return {
      readyz: () => page('/readyz'),
      metrics: () => page('/metrics'),
      ended,
      log,
      stop: () => {
        child.kill('SIGTERM');
        return ended;
      },
    };
  }

  /** Says ten times a second, as the node's agent, how many probes of the kubelet have failed; from now on. */
  async speak(failures: number): Promise<void> {
    this.silence();
    this.#boot = Math.random().toString(16).slice(2).padEnd(32, '0').slice(0, 32);
    this.#sequence = 0;
    await this.#publish('keyframe', encodeKeyframe(this.#keyframe()));
    await this.#frame(failures);
    this.#publishing = setInterval(() => void this.#frame(failures).catch(() => {}), 100);
  }

  /** The node's agent says nothing any more. */
  silence(): void {
    clearInterval(this.#publishing);
  }

  #keyframe(): Keyframe {
    return {
      kind: 'keyframe',
      source: { producer: 'agent', node: this.node, boot: this.#boot },
      generation: 1,
      capturedMs: Date.now(),
      intervalMs: 100,
      columns: [{ metric: 'k8s.node.kubelet.probe.failures', scope: 'Node' }],
      rows: [{ scope: 'Node', uid: this.node }],
    };
  }

  async #frame(failures: number): Promise<void> {
    const { source } = this.#keyframe();
    const columns = [{ column: 0, values: Float32Array.of(failures) }];
    const sequence = ++this.#sequence;
    const frame = {
      kind: 'frame',
      source,
      sequence,
      generation: 1,
      capturedMs: Date.now(),
      intervalMs: 100,
      dropped: 0,
      columns,
    } as const;
    await this.#publish('frame', encodeFrame(frame));
  }

  async #publish(kind: 'frame' | 'keyframe', data: Uint8Array): Promise<void> {
    await this.#jetstream.publish(frameSubject({ producer: 'agent', node: this.node }, kind, this.prefix), data);
  }
}
