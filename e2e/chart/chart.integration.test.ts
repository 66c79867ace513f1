import { expect } from 'chai';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { failFake, healFake, type Cluster } from '../../hack/cluster/index.ts';
import type { Condition, KubeObject } from '../../operator/kube/api.ts';
import { connect, type HttpKubeApi } from '../../operator/kube/http-api.ts';
import * as resources from '../../operator/kube/resources.ts';
import { parseMetrics } from '../runner/metrics.ts';
import { type Kubectl, kubectlOf, patienceMs, until } from '../runner/world.ts';
import { buildImages, chart, clusterForChart, helmOf, type Helm } from './installation.ts';
import { actionRules, isOnByDefault, operatorRules, permissionsOf } from './rules.ts';

const namespace = 'homeostat-chart';
const release = 'homeostat';
const account = `system:serviceaccount:${namespace}:${release}-operator`;
const definitions = ['detectionpolicies', 'remediationplans', 'guardrails', 'incidents', 'remediations'];

/** Every action that needs what cordoning needs: whoever may change anything of a node may cordon it. */
const patchesNodes = ['cordon', 'drain', 'label', 'annotate', 'taint'];
const withoutPatches = ['--set', patchesNodes.map((name) => `operator.actions.${name}=false`).join(',')] as const;
const ofRelease = { 'app.kubernetes.io/instance': release };
const ownMetric = { name: 'test.agent.rows', unit: '{row}', kind: 'gauge', series: 'homeostat_agent_rows' };
/** A program that pushes a metric of its own pod by OTLP, at the Service as a pod finds it, again and again. */
const pushing = `
  const dataPoints = [{ asInt: '1' }];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'pushed', gauge: { dataPoints } }] }] }] });
  const url = 'http://' + process.env.${release.toUpperCase()}_AGENT_SERVICE_HOST + ':4318/v1/metrics';
  const push = () => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  setInterval(() => push().catch(console.error), 1000);
`;
const withoutHostPaths = [
  '--set',
  'agent.hostPaths=false,agent.kubeletStats.enabled=true',
  '--set',
  'agent.scrape.enabled=true,agent.scrape.seconds=1,agent.ingest.enabled=true',
  '--set-json',
  `metrics=${JSON.stringify([
    { ...ownMetric, scope: 'Container' },
    { ...ownMetric, name: 'test.pushed', series: 'pushed' },
  ])}`,
] as const;
/** What Helm makes for a release, in the cluster and in its namespace. */
const installed = 'clusterroles,clusterrolebindings,all,serviceaccounts,roles,rolebindings,poddisruptionbudgets';

describe('the chart on a cluster', function () {
  let cluster: Cluster;
  let api: HttpKubeApi;
  let kubectl: Kubectl;
  let helm: Helm;
  let refused: string;
  let allowed: string;

  before(async function () {
    cluster = clusterForChart();
    const simulated = cluster.nodes.filter((node) => !node.real).map(({ name }) => name);
    [refused = '', allowed = ''] = simulated;
    if (allowed === '') throw new Error('this test breaks two simulated nodes: bring up the cluster with --fake 2');
    api = connect({ kubeconfig: cluster.kubeconfig });
    kubectl = kubectlOf(cluster.bin('kubectl'), cluster.kubeconfig);
    helm = await helmOf(cluster.kubeconfig, namespace);
    await removeRelease();
    await buildImages(cluster);
    // Other tests have installed the kinds with kubectl.
    await helm(
      'install',
      release,
      ...chart,
      ...withoutPatches,
      '--create-namespace',
      '--take-ownership',
      '--wait',
      '--timeout',
      '90s',
    );
  });

  after(async () => {
    for (const node of [refused, allowed]) await healFake(cluster, node);
    await removeRelease();
  });

  it('passes its own test', async () => {
    expect(await helm('test', release, '--timeout', '60s')).to.match(/Phase:\s+Succeeded/);
  });

  it('measures every real node, and the operator hears of each', async () => {
    const real = cluster.nodes.filter((candidate) => candidate.real);
    const { items } = await api.list(resources.Pod, {
      namespace,
      labelSelector: 'app.kubernetes.io/name=homeostat-agent',
    });
    expect(items).to.have.length(real.length);
    for (const { metadata } of items)
      await until(`stored frames of ${metadata.name}`, patienceMs, async () => {
        const figures = await metricsOf(`pods/${metadata.name}:9091`);
        return (figures.get('homeostat_agent_frames_published_total') ?? 0) > 0 || undefined;
      });
    // An agent for each real node; for every node what the API server says of it, and once more for what is on none.
    const sources = real.length + cluster.nodes.length + 1;
    await until(`${sources} sources, none of them silent`, patienceMs, async () => {
      const figures = await metricsOf(`services/${release}-operator:9090`);
      const isFresh = figures.get('homeostat_ingest_stale_sources') === 0;
      return (isFresh && figures.get('homeostat_ingest_sources') === sources) || undefined;
    });
  });

  it('is refused by the API server what is switched off, and says which verb is missing', async () => {
    await kubectl(['apply', '-n', namespace, '-f', 'e2e/chaos/not-ready.yaml']);
    expect((await planReady('False')).message).to.match(/may not: patch nodes; grant it/);
    await failFake(cluster, refused);
    const remediation = await until('a Remediation that failed', patienceMs, async () =>
      (await remediations()).find((candidate) => conditionOf(candidate, 'Succeeded')?.status === 'False'),
    );
    expect(conditionOf(remediation, 'Applied')?.message).to.match(/cannot patch resource "nodes"/);
    expect(await isCordoned(refused)).to.equal(false);
  });

  it('keeps the kinds and their objects through an upgrade', async () => {
    const uids = await uidsOfKinds();
    await helm('upgrade', release, ...chart);
    expect(await uidsOfKinds()).to.deep.equal(uids);
    expect(await kubectl(['get', 'detectionpolicies', '-n', namespace, '-o', 'name'])).to.include('not-ready');
  });

  it('gives the operator what its files say, and nothing else', async () => {
    const question: KubeObject & { spec: object } = { metadata: { name: '' }, spec: { namespace: 'default' } };
    const review = await api.as(account).create<RulesReview>(rulesReview, question);
    const everybody = /selfsubject/;
    const held = permissionsOf(review.status.resourceRules).filter((line) => !everybody.test(line));
    const switchedOn = Object.entries(actionRules).flatMap(([name, rules]) => (isOnByDefault(name) ? rules : []));
    const granted = [...permissionsOf(operatorRules), ...permissionsOf(switchedOn)];
    expect([...new Set(held)]).to.have.members([...new Set([...granted, 'impersonate /serviceaccounts'])]);
  });

  it('cordons a node that is not ready, and uncordons it, with these rights', async () => {
    await failFake(cluster, allowed);
    await cordoned(allowed, true);
    await healFake(cluster, allowed);
    await cordoned(allowed, false);
  });

  it('does what it was refused, now that it may', async () => {
    await cordoned(refused, true);
    await healFake(cluster, refused);
    await cordoned(refused, false);
  });

  it('judges what kubelets tell, where agents may not see cgroups, and what pods tell of themselves', async () => {
    await helm('upgrade', release, ...chart, ...withoutHostPaths);
    await kubectl(['rollout', 'status', `daemonset/${release}-agent`, '-n', namespace, `--timeout=${patienceMs}ms`]);
    const agents = ['-n', namespace, '-l', 'app.kubernetes.io/name=homeostat-agent'];
    await kubectl(['annotate', 'pods', ...agents, 'prometheus.io/scrape=true', 'prometheus.io/port=9091']);
    const image = ['--image=localhost/homeostat-agent:chart', '--image-pull-policy=Never'];
    await kubectl([
      'run',
      'pusher',
      '-n',
      namespace,
      ...image,
      '--command',
      '--',
      '/usr/local/bin/node',
      '-e',
      pushing,
    ]);
    // Of this release: agents that other tests have left are measured as well.
    const nodes = cluster.nodes.filter(({ real }) => real).length;
    const everyAgent = { kind: 'Container', container: 'agent', selector: { matchLabels: ofRelease } };
    const fires = async (
      name: string,
      targets: number,
      target: object,
      metric: string,
      above: string,
    ): Promise<void> => {
      const policy: KubeObject & { spec: object } = {
        metadata: { name, namespace },
        spec: {
          target,
          mode: 'Observe',
          signals: [{ name: 'used', metric, detect: { threshold: { above } } }],
          routes: [{ to: 'Incident' }],
        },
      };
      await api.create(resources.DetectionPolicy, policy);
      await until(`${metric} of every target`, patienceMs, async () => {
        const found = await api.get<DetectionPolicy>(resources.DetectionPolicy, { name, namespace });
        return found.status?.targets?.firing === targets || undefined;
      });
    };
    await Promise.all([
      fires('any-memory', nodes, everyAgent, 'k8s.container.memory.limit_utilization', '0%'),
      fires('any-rows', nodes, everyAgent, ownMetric.name, '0'),
      fires('any-pushed', 1, { kind: 'Pod', selector: { matchLabels: { run: 'pusher' } } }, 'test.pushed', '0'),
    ]);
  });

  it('leaves the kinds when it is uninstalled, and nothing else', async () => {
    const uids = await uidsOfKinds();
    await removeObjects();
    await helm('uninstall', release, '--wait', '--timeout', '60s');
    expect(await uidsOfKinds()).to.deep.equal(uids);
    await until('the last pod to end', patienceMs, async () => (await leftOver()) === '' || undefined);
  });

  const isCordoned = async (name: string): Promise<boolean> =>
    (await api.get<NodeObject>(resources.Node, { name })).spec?.unschedulable === true;
  const cordoned = (node: string, wanted: boolean): Promise<true> =>
    until(
      `${node} to be ${wanted ? 'cordoned' : 'uncordoned'}`,
      patienceMs,
      async () => (await isCordoned(node)) === wanted || undefined,
    );
  const remediations = async (): Promise<Remediation[]> =>
    (await api.list<Remediation>(resources.Remediation, { namespace })).items;
  const planReady = (status: string): Promise<Condition> =>
    until(`Ready=${status} of the plan`, patienceMs, async () => {
      const plan = await api.get<RemediationPlan>(resources.RemediationPlan, { namespace, name: 'not-ready' });
      const ready = conditionOf(plan, 'Ready');
      return ready?.status === status ? ready : undefined;
    });
  const metricsOf = async (where: string): Promise<ReadonlyMap<string, number>> =>
    parseMetrics(await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/${where}/proxy/metrics`]));
  const uidsOfKinds = (): Promise<string> =>
    kubectl([
      'get',
      'crd',
      ...definitions.map((plural) => `${plural}.homeostat.dev`),
      '-o',
      'jsonpath={.items[*].metadata.uid}',
    ]);

  const leftOver = (): Promise<string> =>
    kubectl(['get', installed, '-n', namespace, '-l', `app.kubernetes.io/instance=${release}`, '-o', 'name']);

  /** While the operator runs: it is the one that lets go of Remediations. */
  const removeObjects = async (): Promise<void> => {
    for (const kind of ['detectionpolicies', 'remediations', 'incidents', 'remediationplans'])
      await kubectl(['delete', kind, '--all', '-n', namespace, '--timeout=30s']);
  };
  const removeRelease = async (): Promise<void> => {
    const releases = JSON.parse(await helm('list', '--output', 'json')) as { name: string }[];
    if (releases.some(({ name }) => name === release)) {
      await removeObjects();
      await helm('uninstall', release, '--wait', '--timeout', '60s');
    }
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=60s']);
  };
});

type NodeObject = KubeObject & { spec?: { unschedulable?: boolean } };
type RulesReview = KubeObject & {
  status: { resourceRules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] };
};
const rulesReview = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
};

const conditionOf = (object: { status?: { conditions?: Condition[] } }, type: string): Condition | undefined =>
  object.status?.conditions?.find((condition) => condition.type === type);
