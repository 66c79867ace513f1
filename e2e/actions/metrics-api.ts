/**
 * An external metrics API with one metric, `queue`, whose value a test sets: what a HorizontalPodAutoscaler needs to be a
 * live one where there is no metrics-server. The API server passes questions on to it (an APIService), and finds it by a
 * Service of type ExternalName, because the addresses of other Services exist on nodes only.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issue } from '../../hack/cluster/pki/certificate.ts';
import { patienceMs, until, type Kubectl } from '../runner/world.ts';

const group = 'external.metrics.k8s.io';
const apiVersion = `${group}/v1beta1`;
const apiService = `v1beta1.${group}`;
const address = '127.0.0.1';
const hourMs = 3_600_000;

export class MetricsApi {
  /** What the metric says from now on. */
  queue: number;
  readonly #server: Server;
  readonly #kubectl: Kubectl;

  private constructor(kubectl: Kubectl, queue: number) {
    this.queue = queue;
    this.#kubectl = kubectl;
    const { keyPem: key, certificatePem: cert } = issue({
      subject: { commonName: 'metrics' },
      names: [address],
      notBefore: new Date(Date.now() - hourMs),
      notAfter: new Date(Date.now() + hourMs),
    });
    this.#server = createServer({ key, cert }, ({ url = '' }, response) => {
      const answer = this.#answer(url);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
  }

  /** Starts it for a cluster whose API server runs on this machine; resolves when that one has found it. */
  static async start(kubectl: Kubectl, namespace: string, queue: number): Promise<MetricsApi> {
    const api = new MetricsApi(kubectl, queue);
    api.#server.listen(0, address);
    await once(api.#server, 'listening');
    const { port } = api.#server.address() as AddressInfo;
    const service = { namespace, name: 'metrics', port };
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service.name, namespace },
        spec: { type: 'ExternalName', externalName: address, ports: [{ port }] },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: apiService },
        // What speaks is this very process; nobody else has this port of this machine.
        spec: {
          group,
          version: 'v1beta1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service,
        },
      },
    ];
    for (const object of objects) await kubectl(['apply', '-f', '-'], JSON.stringify(object));
    await until('the metrics API to be found', patienceMs, async () => {
      const status = await kubectl(['get', 'apiservice', apiService, '-o', 'jsonpath={.status.conditions[*].status}']);
      return status === 'True' || undefined;
    });
    return api;
  }

  async stop(): Promise<void> {
    await this.#kubectl(['delete', 'apiservice', apiService, '--ignore-not-found']);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(url: string): object | undefined {
    const { pathname } = new URL(url, `https://${address}`);
    if (pathname === `/apis/${apiVersion}`)
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources: [] };
    if (!/\/namespaces\/[^/]+\/queue$/.test(pathname)) return undefined;
    const timestamp = `${new Date().toISOString().slice(0, 19)}Z`;
    const item = { metricName: 'queue', metricLabels: {}, timestamp, value: String(this.queue) };
    return { kind: 'ExternalMetricValueList', apiVersion, metadata: {}, items: [item] };
  }
}
