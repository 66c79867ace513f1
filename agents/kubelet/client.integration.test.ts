import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { KubeObject } from '../../operator/kube/api.ts';
import type { HttpKubeApi } from '../../operator/kube/http-api.ts';
import { Node } from '../../operator/kube/resources.ts';
import { connectToCluster, makeNamespace, removeNamespace } from '../../operator/testing/real-cluster.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { KubeletClient } from './client.ts';
import { podsOf } from './pods.ts';
import { resourceSummaryOf } from './resource-metrics.ts';

type NodeObject = KubeObject & { status?: { addresses?: { type: string; address: string }[] } };

/** That it measures is shown where the chart is installed: a kubelet takes half a minute until it knows a pod's figures. */
describe('KubeletClient on a real kubelet', function () {
  let api: HttpKubeApi;
  let namespace: string;
  let directory: string;
  let node: { name: string; address: string };
  const clients: KubeletClient[] = [];

  const kubectl = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('kubectl', ['--namespace', namespace, ...args])).stdout;

  before(async () => {
    api = connectToCluster();
    namespace = await makeNamespace(api, 'kubelet-stats');
    directory = mkdtempSync(join(tmpdir(), 'homeostat-kubelet-'));
    const { items } = await api.list<NodeObject>(Node, {});
    const real = items.find(({ metadata }) => metadata.labels?.['type'] !== 'kwok');
    const address = real?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    if (real === undefined || address === undefined) throw new Error('the cluster has no real node');
    node = { name: real.metadata.name, address };
    await kubectl('create', 'serviceaccount', 'weak');
    const kubeconfig = parse(readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8')) as {
      clusters: { cluster: Record<string, string> }[];
    };
    const { 'certificate-authority': file, 'certificate-authority-data': data = '' } =
      kubeconfig.clusters[0]?.cluster ?? {};
    writeFileSync(join(directory, 'ca.crt'), file === undefined ? Buffer.from(data, 'base64') : readFileSync(file));
    writeFileSync(join(directory, 'token'), await kubectl('create', 'token', 'weak'));
    // As the chart grants it where metrics are declared, and where /metrics/resource is asked.
    await kubectl('create', 'serviceaccount', 'granted');
    await kubectl('create', 'clusterrole', namespace, '--verb=get', '--resource=nodes/pods,nodes/metrics');
    const subject = `--serviceaccount=${namespace}:granted`;
    await kubectl('create', 'clusterrolebinding', namespace, `--clusterrole=${namespace}`, subject);
    writeFileSync(join(directory, 'granted'), await kubectl('create', 'token', 'granted'));
  });
  after(async () => {
    for (const client of clients) client.close();
    await kubectl('delete', 'clusterrole,clusterrolebinding', namespace, '--ignore-not-found');
    await removeNamespace(api, namespace);
    api.close();
    rmSync(directory, { recursive: true });
  });

  const connect = (caFile = join(directory, 'ca.crt'), token = 'token'): KubeletClient => {
    const client = new KubeletClient({
      host: node.address,
      port: 10_250,
      tokenFile: join(directory, token),
      caFile,
      insecureTls: false,
      timeoutMs: 30_000,
    });
    clients.push(client);
    return client;
  };
  const refusal = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => expect.fail('was not refused'),
      (error: Error) => error.message,
    );

  it('tells an account with the chart’s rights which pods there are, and their CPU and memory', async () => {
    const client = connect(undefined, 'granted');
    // A kubelet remembers for a while that somebody had no right yet.
    const answer = await eventually('the pods', () => client.json('/pods', 'nodes/pods'));
    const pods = podsOf(answer);
    const text = await client.text('/metrics/resource', 'nodes/metrics');
    expect(text).to.match(/^node_cpu_usage_seconds_total /m);
    expect(resourceSummaryOf(text, pods).pods).to.have.length(pods.length);
    expect(await refusal(client.json('/stats/summary', 'nodes/stats'))).to.include('nodes/stats');
  });

  it('says which right is missing, and that the certificate is not of the CA', async () => {
    expect(await refusal(connect().json('/stats/summary', 'nodes/stats'))).to.include(
      "grant the agent's account the verb get on nodes/stats",
    );
    const other = join(directory, 'no-ca.crt');
    writeFileSync(other, '');
    expect(await refusal(connect(other).json('/pods', 'nodes/pods'))).to.include('--kubelet-ca-file');
  });
});
