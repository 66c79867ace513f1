import { expect } from 'chai';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import { kill, pause, resume, start, type Cluster } from '../../hack/cluster/index.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import * as resources from '../../operator/kube/resources.ts';
import type { Program } from '../product/process.ts';
import { operatorReady, startOperator, startProduct, type Product, type Site } from '../product/product.ts';
import { openSite } from '../product/site.ts';
import { parseMetrics } from '../runner/metrics.ts';
import { Recorder, recordedKinds } from '../runner/recorder.ts';
import { SpokenAgents } from '../runner/spoken-agent.ts';
import { patienceMs, sleep, until, type World } from '../runner/world.ts';
import { agentPod, frameAccount, killAgent } from './agent-pods.ts';
import { oncePrepared, Witness } from './witness.ts';

/** Load averages. */
const [healthy, loaded] = [1, 1000];
/** Where the workload is: nothing in the operator's own namespace is acted on. */
const namespace = 'e2e-chaos';
/** The simulated nodes' own, and some that watch the real nodes meanwhile: nothing may come of these. */
const policies = [
  'e2e/chaos/node.yaml',
  ...['hung-kubelet', 'child-oom', 'oom-loop'].map((name) => `crds/examples/${name}.yaml`),
];

describe('the product when its parts are killed', function () {
  let cluster: Cluster;
  let site: Site;
  let world: World;
  let recorder: Recorder;
  let agents: SpokenAgents;
  let product: Product;
  let operator: Program;
  let witness: Witness;

  before(async function () {
    if (process.env['KUBECONFIG'] === undefined)
      throw new Error('integration tests need a cluster: run `make cluster-up`, and export what it prints');
    const opened = await openSite(process.env['HOMEOSTAT_CLUSTER'] ?? 'dev');
    if (opened.cluster === undefined)
      throw new Error('this test kills parts of its cluster, so it must be one of ours: make cluster-up');
    if (opened.site.fakeNodes.length < 3)
      throw new Error('this test speaks for three simulated nodes: bring up the cluster with --fake 3');
    ({ cluster, world } = opened);
    site = { ...opened.site, fakeNodes: [] }; // no simulator: the test itself speaks for the simulated nodes
    product = await startProduct(site, () => {});
    operator = product.operator;
    recorder = new Recorder(world.api);
    await recorder.start(recordedKinds);
    for (const file of policies) await site.kubectl(['apply', '-n', site.rootNamespace, '-f', file]);
    agents = new SpokenAgents(site.natsUrl);
  });

  beforeEach(() => {
    witness = new Witness(recorder, Date.now());
  });

  after(async () => {
    await agents?.stop();
    for (const file of policies)
      await site?.kubectl(['delete', '-n', site.rootNamespace, '--ignore-not-found', '--wait=false', '-f', file]);
    await site?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=30s']);
    await recorder?.stop();
    await operator?.stop();
    await product?.stop();
  });

  it('nats-server, in the middle of a fault: it is undone once, and every frame is stored or counted', async () => {
    const agent = agents.add('fake-0', 'system.cpu.load_average.1m', healthy);
    await judged('chaos-node', 1);
    agent.say(loaded);
    await witness.cordoned('fake-0', true);
    await kill(cluster, 'nats');
    agent.say(healthy);
    await sleep(2000);
    expect(witness.cordonsOf('fake-0')).to.deep.equal([true]);
    await start(cluster, 'nats');
    await witness.cordoned('fake-0', false);
    await witness.only('Undone', 'Undone');
    expect(witness.cordonsOf('fake-0')).to.deep.equal([true, false]);
    for (const node of site.realNodes) {
      const { made, stored, dropped } = await until(
        `what the agent of ${node} kept to be sent`,
        patienceMs,
        async () => {
          const account = await frameAccount(world, node);
          return account.queued === 0 ? account : undefined;
        },
      );
      expect(made - stored - dropped, `frames of ${node} that are neither stored nor counted`).to.equal(0);
    }
    const figures = await operatorFigures();
    const dropped = figures.get('homeostat_ingest_dropped_by_senders');
    expect(figures.get('homeostat_ingest_missed_frames_total')).to.equal(dropped);
  });

  it('an agent, in its pod: it comes back, what it missed is counted, and nothing is done', async () => {
    const node = site.realNodes.at(-1);
    if (node === undefined) throw new Error(`no node runs pods: ${cluster.obstacles.join('; ')}`);
    const restarts = (await agentPod(world, node)).status?.containerStatuses?.[0]?.restartCount ?? 0;
    const missed = 'homeostat_ingest_missed_frames_total';
    const before = (await operatorFigures()).get(missed) ?? 0;
    pause(cluster, { node, program: 'kubelet' }); // or it would be started again too soon for anything to be missed
    try {
      await killAgent(cluster, node);
      await sleep(4000);
    } finally {
      resume(cluster, { node, program: 'kubelet' });
    }
    await until('the kubelet to have started it again', patienceMs, async () => {
      const [status] = (await agentPod(world, node)).status?.containerStatuses ?? [];
      return (status?.ready === true && status.restartCount > restarts) || undefined;
    });
    await until(
      'its frames to be stored',
      patienceMs,
      async () => (await frameAccount(world, node)).stored > 2 || undefined,
    );
    await sleep(3000); // a wrong action would come of its first samples
    const figures = await operatorFigures();
    expect(figures.get(missed)).to.be.at.least(before + 3);
    for (const result of ['Undecodable', 'Unreadable', 'WrongSubject'])
      expect(figures.get(`homeostat_ingest_frames_total{result="${result}"}`), result).to.equal(0);
    expect(witness.created('Incident')).to.deep.equal([]);
    expect(witness.created('Remediation')).to.deep.equal([]);
  });

  it('the operator, once its pre-image is to be seen: the next one finishes what it began, and acts once', async () => {
    const agent = agents.add('fake-1', 'system.cpu.load_average.1m', healthy);
    await judged('chaos-node', 2);
    oncePrepared(recorder, 'fake-1', () => void operator.kill());
    agent.say(loaded);
    await operator.ended;
    operator = startOperator(site);
    await operatorReady(product.operatorUrl);
    await witness.cordoned('fake-1', true);
    await witness.only('Applied', 'AllStepsDone');
    agent.say(healthy);
    await witness.cordoned('fake-1', false);
    await witness.only('Undone', 'Undone');
    expect(witness.cordonsOf('fake-1')).to.deep.equal([true, false]);
    expect(witness.created('Incident')).to.have.length(1);
  });

  it('none, but a person scales meanwhile: the undo leaves that, and says who it was', async () => {
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await site.kubectl(['apply', '-f', '-'], manifest);
    await site.kubectl(['apply', '-n', namespace, '-f', 'e2e/chaos/workload.yaml']);
    const uid = await until('the pod of the workload', patienceMs, async () => {
      const { items } = await world.api.list<PodObject>(resources.Pod, { namespace });
      return items.find(({ spec }) => spec?.nodeName === 'fake-2')?.metadata.uid;
    });
    const agent = agents.add('fake-2', 'k8s.pod.cpu.throttled', 0, { scope: 'Pod', uid });
    await judged('chaos-workload', 1, namespace);
    agent.say(1);
    await replicas(2);
    // Before that, the step itself would find a stranger's value, and another attempt would follow.
    await witness.only('Applied', 'AllStepsDone');
    await site.kubectl(['scale', 'deployment/chaos', '-n', namespace, '--replicas=3']);
    agent.say(0);
    const { status } = await witness.only('Undone', 'Superseded');
    await replicas(3);
    expect(status?.steps?.[0]?.changes?.[0]?.undo?.supersededBy).to.match(/kubectl/);
    expect(findCondition(status?.conditions, 'Undone')?.message).to.match(/kubectl/);
  });

  /** Resolves when a policy has a verdict on so many targets. */
  const judged = (name: string, targets: number, where = site.rootNamespace): Promise<true> =>
    until(`policy ${name} to judge ${targets} targets`, patienceMs, async () => {
      const policy = await world.api.get<DetectionPolicy>(resources.DetectionPolicy, { namespace: where, name });
      const { matched = 0, unknown = matched } = policy.status?.targets ?? {};
      return matched - unknown >= targets || undefined;
    });
  const replicas = (wanted: number): Promise<true> =>
    until(`${wanted} replicas`, patienceMs, async () => {
      const { spec } = await world.api.get<DeploymentObject>(resources.Deployment, { namespace, name: 'chaos' });
      return spec?.replicas === wanted || undefined;
    });
  const operatorFigures = async (): Promise<ReadonlyMap<string, number>> =>
    parseMetrics(await (await fetch(`${product.operatorUrl}/metrics`)).text());
});

type DeploymentObject = KubeObject & { spec?: { replicas?: number } };
type PodObject = KubeObject & { spec?: { nodeName?: string } };
