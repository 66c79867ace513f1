import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { valueAt } from '../../operator/actions/json.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import * as resources from '../../operator/kube/resources.ts';
import { Witness } from '../chaos/witness.ts';
import type { Program } from '../product/process.ts';
import { installKinds, operatorReady, startOperator, type Site } from '../product/product.ts';
import { openSite } from '../product/site.ts';
import { Recorder, recordedKinds } from '../runner/recorder.ts';
import { SpokenAgents, type SpokenAgent } from '../runner/spoken-agent.ts';
import { patienceMs, until, type World } from '../runner/world.ts';
import { MetricsApi } from './metrics-api.ts';

const namespace = 'e2e-actions';
/** Shares of time that a pod is throttled. */
const [well, throttled] = [0, 1];

describe('actions on a real node', function () {
  let site: Site;
  let world: World;
  let node: string;
  let recorder: Recorder;
  let operator: Program;
  let metrics: MetricsApi;
  let agents: SpokenAgents;
  let witness: Witness;

  before(async () => {
    const opened = await openSite(process.env['HOMEOSTAT_CLUSTER'] ?? 'dev');
    ({ site, world } = opened);
    const found = site.realNodes.at(-1);
    if (found === undefined) throw new Error('this test needs a real node: bring up a cluster that has one');
    node = found;
    await installKinds(site);
    // The test itself speaks for the node.
    await site.kubectl(['delete', 'daemonset', 'homeostat-agent', '-n', site.rootNamespace, '--ignore-not-found']);
    const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await site.kubectl(['apply', '-f', '-'], JSON.stringify(own));
    metrics = await MetricsApi.start(site.kubectl, namespace, 2);
    const manifest = readFileSync('e2e/actions/actions.yaml', 'utf8').replaceAll('$NODE', node);
    await site.kubectl(['apply', '-n', namespace, '-f', '-'], manifest);
    operator = startOperator(site, {}, ['--identity', 'e2e-actions']);
    await operatorReady(`http://127.0.0.1:${site.metricsPort}`);
    recorder = new Recorder(world.api);
    await recorder.start(recordedKinds);
  });

  beforeEach(() => {
    agents = new SpokenAgents(site.natsUrl);
    witness = new Witness(recorder, Date.now());
  });
  afterEach(() => agents.stop());

  after(async () => {
    await recorder?.stop();
    // Before the namespace, in which its Service is: no namespace goes while an API that is announced does not answer.
    await metrics?.stop();
    // Before the operator ends, which lets go of what is on record.
    await site?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s']);
    await operator?.stop();
  });

  it('scale has a live autoscaler keep one more, and then go by its metric again', async () => {
    await replicas('scaled', 2); // by the metric: the autoscaler is alive
    const agent = await speakFor('scaled');
    agent.say(throttled);
    await witness.only('Applied', 'AllStepsDone');
    await replicas('scaled', 3);
    expect(await limits()).to.deep.equal([3, 4]);
    agent.say(well);
    await witness.only('Undone', 'Undone');
    expect(await limits()).to.deep.equal([1, 4]);
    await replicas('scaled', 2);
  });

  it('rolloutUndo brings back the template before the one that does not come up', async () => {
    const agent = await speakFor('rollback');
    const [before] = await podsOf('rollback');
    const patch = { spec: { template: { spec: { containers: [{ name: 'main', image: 'localhost/none:1' }] } } } };
    await site.kubectl(['patch', 'deployment/rollback', '-n', namespace, '-p', JSON.stringify(patch)]);
    await until(
      'a pod that does not come up',
      patienceMs,
      async () => (await podsOf('rollback')).length === 2 || undefined,
    );
    agent.say(throttled);
    await witness.only('Applied', 'AllStepsDone');
    const image = valueAt(await deployment('rollback'), '/spec/template/spec/containers/[name=main]/image');
    expect(image).to.equal('localhost/busybox:1');
    await until('the pod of the first template alone', patienceMs, async () => {
      const pods = await podsOf('rollback');
      return (pods.length === 1 && pods[0]?.metadata.uid === before?.metadata.uid) || undefined;
    });
    agent.say(well);
    await witness.only('Succeeded', 'Recovered');
  });

  it('setResources changes a running container in place, and back', async () => {
    const agent = await speakFor('resize');
    const [before] = await podsOf('resize');
    agent.say(throttled);
    await witness.only('Applied', 'AllStepsDone');
    await memory('96Mi');
    agent.say(well);
    await witness.only('Undone', 'Undone');
    await memory('64Mi');
    const [after] = await podsOf('resize');
    expect(after?.metadata.uid).to.equal(before?.metadata.uid);
    expect(valueAt(after, '/status/containerStatuses/[name=main]/restartCount')).to.equal(0);
  });

  it('what GitOps puts back is told once, with what to add, and left to it', async () => {
    /** Each generation of the Deployment in which the number was not as Git has it. */
    const moved = new Set<unknown>();
    await sync('synced');
    const agent = await speakFor('synced');
    const stop = recorder.onChange(({ kind, object }) => {
      if (kind !== 'Deployment' || object.metadata.name !== 'synced' || valueAt(object, '/spec/replicas') === 1) return;
      moved.add(valueAt(object, '/metadata/generation'));
      void sync('synced');
    });
    agent.say(throttled);
    const ended = await witness.only('Succeeded', 'RevertedByGitOps');
    agent.say(well);
    await until('the incident to be over', patienceMs, async () => {
      const { items } = await world.api.list<Remediation>(resources.Incident, { namespace });
      return items.every(({ status }) => findCondition(status?.conditions, 'Resolved')?.status === 'True') || undefined;
    });
    stop();
    expect(findCondition(ended.status?.conditions, 'Succeeded')?.message).to.match(
      /put back by argocd-controller; add in its Application of Argo CD: spec.ignoreDifferences: .*jsonPointers: \[\/spec\/replicas\]/,
    );
    expect(moved.size).to.equal(1);
    expect(valueAt(await deployment('synced'), '/spec/replicas')).to.equal(1);
    expect(ended.status?.steps?.[0]?.changes?.[0]?.undo?.supersededBy).to.equal('argocd-controller');
  });

  /** As a controller that keeps the cluster as Git has it: with one replica. */
  const sync = (name: string): Promise<KubeObject> => {
    const template = {
      metadata: { labels: { app: name } },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: 'main', image: 'localhost/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '86400'] },
        ],
      },
    };
    const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
    const metadata = { name, namespace, labels: { app: name } };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    const options = { fieldManager: 'argocd-controller' };
    return world.api.patch(resources.Deployment, { namespace, name }, { type: 'apply', body, force: true }, options);
  };
  const deployment = (name: string): Promise<KubeObject> => world.api.get(resources.Deployment, { namespace, name });
  const podsOf = async (app: string): Promise<readonly KubeObject[]> =>
    (await world.api.list(resources.Pod, { namespace, labelSelector: `app=${app}` })).items;
  const replicas = (name: string, wanted: number): Promise<true> =>
    until(`${wanted} replicas of ${name}`, patienceMs, async () => {
      const found = await deployment(name);
      return valueAt(found, '/status/readyReplicas') === wanted || undefined;
    });
  const limits = async (): Promise<unknown[]> => {
    const hpa = await world.api.get(resources.HorizontalPodAutoscaler, { namespace, name: 'scaled' });
    return [valueAt(hpa, '/spec/minReplicas'), valueAt(hpa, '/spec/maxReplicas')];
  };
  /** Resolves when the kubelet says that the running container has so much memory. */
  const memory = (wanted: string): Promise<true> =>
    until(`a limit of ${wanted}`, patienceMs, async () => {
      const [pod] = await podsOf('resize');
      const found = valueAt(pod, '/status/containerStatuses/[name=main]/resources/limits/memory');
      return found === wanted || undefined;
    });
  /** Speaks for the node about the first pod of an application that runs; resolves when its policy has judged it. */
  const speakFor = async (app: string): Promise<SpokenAgent> => {
    const uid = await until(`a pod of ${app}`, patienceMs, async () => {
      const running = (await podsOf(app)).find((pod) => valueAt(pod, '/status/phase') === 'Running');
      return running?.metadata.uid;
    });
    const agent = agents.add(node, 'k8s.pod.cpu.throttled', well, { scope: 'Pod', uid });
    await until(`policy ${app} to judge its target`, patienceMs, async () => {
      const policy = await world.api.get<DetectionPolicy>(resources.DetectionPolicy, { namespace, name: app });
      const { matched = 0, unknown = matched } = policy.status?.targets ?? {};
      return matched > unknown || undefined;
    });
    return agent;
  };
});
