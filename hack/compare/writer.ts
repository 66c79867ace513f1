import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { KubeApi, Name, Resource } from '../../operator/kube/api.ts';
import { Deployment, Node, Pod } from '../../operator/kube/resources.ts';
import { annotationOf, type Pace } from './systems.ts';

/** An alert that an Alertmanager told of. */
export interface Told {
  readonly system: Pace['name'];
  readonly policy: string;
  readonly target: string;
  readonly atMs: number;
}

interface Message {
  readonly alerts?: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** What an alert with these labels is about; undefined when they name nothing. */
export const targetOf = (
  labels: Readonly<Record<string, string>>,
): { readonly resource: Resource; readonly name: Name } | undefined => {
  const { namespace, pod, deployment, node } = labels;
  if (deployment !== undefined) return { resource: Deployment, name: { namespace, name: deployment } };
  if (pod !== undefined) return { resource: Pod, name: { namespace, name: pod } };
  return node === undefined ? undefined : { resource: Node, name: { name: node } };
};

/** `namespace/name`, or the name of a node. */
export const nameOf = (labels: Readonly<Record<string, string>>): string => {
  const name = targetOf(labels)?.name;
  return [name?.namespace, name?.name].filter((part) => part !== undefined).join('/');
};

/**
 * The receiver of both Alertmanagers' webhooks, at `/SYSTEM`: annotates what each firing alert is about, at once, with one
 * request and no check of anything, which is the least that a remediation by webhook does.
 */
export class Writer {
  readonly told: Told[] = [];
  readonly #api: KubeApi;
  readonly #server: Server;

  constructor(api: KubeApi) {
    this.#api = api;
    this.#server = createServer((request, response) => {
      void this.#take(request).finally(() => response.end());
    });
  }

  /** Starts to listen; resolves to the address that Alertmanagers are given. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage): Promise<void> {
    const system = request.url?.slice(1) as Pace['name'];
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part as string;
    const { alerts = [] } = JSON.parse(text) as Message;
    await Promise.all(
      alerts.filter(({ status }) => status === 'firing').map(({ labels }) => this.#write(system, labels)),
    );
  }

  async #write(system: Pace['name'], labels: Readonly<Record<string, string>>): Promise<void> {
    const policy = labels['alertname'] ?? '';
    this.told.push({ system, policy, target: nameOf(labels), atMs: Date.now() });
    const target = targetOf(labels);
    if (target === undefined) return;
    const annotations = { [annotationOf(system, policy)]: new Date().toISOString() };
    await this.#api
      .patch(target.resource, target.name, { type: 'merge', body: { metadata: { annotations } } })
      .catch(() => undefined); // it may be gone by now, as in life
  }
}
