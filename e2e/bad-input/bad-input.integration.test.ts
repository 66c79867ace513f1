import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiscardPolicy, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import type { Incident } from '../../crds/incident.ts';
import { framesStream } from '../../engine/frame/stream.ts';
import { bundleOnce } from '../../hack/build/main.ts';
import { down, kill, start, up, type Cluster } from '../../hack/cluster/index.ts';
import { connect as connectToApi, type HttpKubeApi } from '../../operator/kube/http-api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import * as resources from '../../operator/kube/resources.ts';
import { SpokenAgents } from '../runner/spoken-agent.ts';
import { type Kubectl, kubectlOf, patienceMs, until } from '../runner/world.ts';
import { run, type Running } from './programs.ts';

const name = 'bad-input';
const root = 'homeostat-system';
/** Everything is met. */
const ready = /^200 /;

describe('bad input and absent parts', function () {
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-bad-input-'));
  const running: Running[] = [];
  let cluster: Cluster;
  let kubectl: Kubectl;
  let api: HttpKubeApi;

  before(async function () {
    await bundleOnce();
    // Of its own, so that its API server may go; and new, so that it has no kinds.
    await down({ name, reset: true });
    cluster = await up({ name, nodes: 0, fake: 0 });
    kubectl = kubectlOf(cluster.bin('kubectl'), cluster.kubeconfig);
    api = connectToApi({ kubeconfig: cluster.kubeconfig });
    await kubectl(['create', 'namespace', root]);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(running.flatMap((program) => program.lines()).join('\n'));
    await Promise.all(running.splice(0).map((program) => program.stop()));
    // A test that failed in the middle must not make the next ones fail.
    for (const part of ['nats', 'apiserver'] as const) await start(cluster, part);
  });
  after(async () => {
    api?.close();
    await down({ name, reset: true });
    rmSync(directory, { recursive: true });
  });

  const operator = (kubeconfig = cluster.kubeconfig, natsUrl = cluster.natsUrl): Running => {
    const program = run('operator', ['--kubeconfig', kubeconfig, '--nats-url', natsUrl], directory);
    running.push(program);
    return program;
  };
  const file = (text: string): string => {
    const path = join(directory, `file-${Math.random().toString(36).slice(2)}`);
    writeFileSync(path, text);
    return path;
  };
  /** Our kubeconfig, changed. */
  const kubeconfigWith = (change: (config: KubeConfigFile) => void): string => {
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as KubeConfigFile;
    change(config);
    return file(stringify(config));
  };

  it('an unreadable kubeconfig: exit code 3, and one line that names the file', async () => {
    const missing = '/nonexistent/kubeconfig';
    const damaged = file('{');
    const incomplete = file('{apiVersion: v1, kind: Config, current-context: gone}');
    const programs = [missing, damaged, incomplete].map((path) => ({ path, program: operator(path) }));
    for (const { path, program } of programs) {
      expect(await program.ended, path).to.equal(3);
      const [line = '', ...more] = program.lines();
      expect(more).to.deep.equal([]);
      expect(JSON.parse(line)).to.include({ level: 'error', message: 'kubeconfig cannot be used' });
      expect((JSON.parse(line) as { error: string }).error).to.include(path);
    }
  });

  it('no API server: says so and what to check, and lives on', async () => {
    const dead = kubeconfigWith(({ clusters }) =>
      clusters.forEach((entry) => (entry.cluster.server = 'https://127.0.0.1:9')),
    );
    const program = operator(dead);
    await program.readyz(/^503 [^]*no API server: .*; check that it runs and that the kubeconfig names it/);
    expect(await program.page('/healthz')).to.match(/^200 /);
  });

  it('no kinds: says how to install them, and goes on when they are', async () => {
    const program = operator();
    const text = await program.readyz(/^503 [^]*kubectl apply --server-side -f crds\/manifests\/crds.yaml/);
    for (const kind of ['detectionpolicies', 'remediationplans', 'guardrails', 'incidents', 'remediations'])
      expect(text).to.include(`[-] ${kind}.homeostat.dev: the kind is not installed`);
    await kubectl(['apply', '--server-side', '-f', 'crds/manifests/crds.yaml']);
    await program.readyz(ready);
  });

  it('no NATS server: says so and where it looked, and goes on when it is there', async () => {
    await kill(cluster, 'nats');
    const program = operator();
    await program.readyz(/^503 [^]*\[-\] stream: no connection to NATS at nats:\/\/127\.0\.0\.1:\d+: /);
    await start(cluster, 'nats');
    await program.readyz(ready);
  });

  it('an API server that goes and comes back: says so, and goes on as the same process', async () => {
    const program = operator();
    await program.readyz(ready);
    await kill(cluster, 'apiserver');
    await program.readyz(/^503 [^]*no API server/);
    await start(cluster, 'apiserver');
    await program.readyz(ready);
    expect(program.lines().some((line) => line.includes('fault of the program'))).to.equal(false);
  });

  it('a missing RBAC verb: names it, and goes on when it is granted', async () => {
    const rules = parse(readFileSync('charts/homeostat/files/rbac/operator.yaml', 'utf8')) as Rule[];
    const lacking = structuredClone(rules);
    for (const rule of lacking) {
      if (rule.apiGroups.includes('events.k8s.io')) rule.verbs = ['create'];
      rule.resources = rule.resources.filter((resource) => resource !== 'daemonsets');
    }
    const token = await account(lacking);
    const program = operator(kubeconfigWith(({ users }) => users.forEach((entry) => (entry.user = { token }))));
    const text = await program.readyz(/^503 [^]*\[-\] permissions: (?!not checked)/);
    expect(text).to.match(/\[-\] permissions: the operator's account may not: patch events\.events\.k8s\.io; grant it/);
    expect(text).to.match(
      /\[-\] daemonsets\.apps: no permission: grant the verbs get, list and watch on daemonsets\.apps/,
    );
    await account(rules);
    await program.readyz(ready);
  });

  it('a plan that does not exist: the Incident names it, and it is carried out once it does', async () => {
    const program = operator();
    const agents = new SpokenAgents(cluster.natsUrl);
    try {
      await program.readyz(ready);
      await kubectl(
        ['apply', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'alone' } }),
      );
      await kubectl(['apply', '-n', root, '-f', '-'], policyWithoutPlan);
      agents.add('alone', 'system.cpu.load_average.1m', 1000);
      const incident = await until('an Incident that says what is missing', patienceMs, async () => {
        const [found] = (await api.list<Incident>(resources.Incident, { namespace: root })).items;
        return findCondition(found?.status?.conditions, 'Remediating')?.reason === 'PlanNotFound' ? found : undefined;
      });
      expect(findCondition(incident.status?.conditions, 'Remediating')?.message).to.match(
        /fence .*create it, or change the route/,
      );
      await kubectl(['apply', '-n', root, '-f', '-'], plan);
      await until(
        'the node to be cordoned',
        patienceMs,
        async () =>
          (await kubectl(['get', 'node', 'alone', '-o', 'jsonpath={.spec.unschedulable}'])) === 'true' || undefined,
      );
    } finally {
      await agents.stop();
    }
  });

  it('a full stream: the agent says so, keeps what it has, and sends it when there is room', async () => {
    const connection = await connect({ servers: cluster.natsUrl });
    const manager = await jetstreamManager(connection);
    const subjects = ['bad-input.frames.>'];
    const limits = {
      name: framesStream({ maxBytes: 1, prefix: name }).name,
      subjects,
      retention: RetentionPolicy.Limits,
    };
    await manager.streams.add({ ...limits, max_msgs: 1, discard: DiscardPolicy.New });
    await manager.jetstream().publish('bad-input.frames.somebody', 'is here already');
    const program = run(
      'agent',
      ['--node', 'alone', '--nats-url', cluster.natsUrl, '--subject-prefix', name],
      directory,
    );
    running.push(program);
    try {
      const said = await until('the agent to say so', patienceMs, () =>
        Promise.resolve(program.lines().find((line) => line.includes('frames are not stored'))),
      );
      expect(JSON.parse(said)).to.include({ level: 'warn', reason: 'Refused' });
      expect(said).to.match(/the stream or its disk is full/);
      await program.readyz(/^503 no frame was stored yet: Refused/);
      expect(await program.page('/healthz')).to.match(/^200 /);
      await manager.streams.update(limits.name, { max_msgs: 1000 });
      await program.readyz(ready);
      expect(await program.page('/metrics')).to.match(
        /\nhomeostat_agent_frames_dropped_total\{reason="overflow"\} 0\n/,
      );
    } finally {
      await manager.streams.delete(limits.name);
      await connection.close();
    }
  });

  /** A service account with exactly these rights; answers a token of it. */
  const account = async (rules: readonly Rule[]): Promise<string> => {
    const metadata = { name: 'lacking' };
    const subject = { kind: 'ServiceAccount', name: 'lacking', namespace: root };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'lacking' };
    const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] };
    const anchors = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] };
    const items = [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: root } },
      { ...rbac, kind: 'ClusterRole', rules: [...rules, leases, anchors] },
      { ...rbac, kind: 'ClusterRoleBinding', roleRef, subjects: [subject] },
    ];
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    return (await kubectl(['create', 'token', 'lacking', '-n', root])).trim();
  };
});

interface KubeConfigFile {
  clusters: { cluster: { server: string } }[];
  users: { user: object }[];
}
interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const policyWithoutPlan = `
apiVersion: homeostat.dev/v1alpha1
kind: DetectionPolicy
metadata: {name: loaded}
spec:
  target: {kind: Node}
  signals: [{name: load, metric: system.cpu.load_average.1m, detect: {threshold: {above: "100"}}}]
  routes: [{to: Remediate, plan: fence}]
`;
const plan = `
apiVersion: homeostat.dev/v1alpha1
kind: RemediationPlan
metadata: {name: fence}
spec:
  mode: Enforce
  steps: [{name: cordon, action: {cordon: {}}}]
`;
