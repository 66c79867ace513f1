import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { RowIdentity } from '../../engine/evaluate/target.ts';
import { framesStream } from '../../engine/frame/stream.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { systemClock } from '../kube/clock.ts';
import type { HttpKubeApi } from '../kube/http-api.ts';
import { silentLogger } from '../kube/logger.ts';
import type { KubeObject } from '../kube/api.ts';
import { Deployment, Event, Pod } from '../kube/resources.ts';
import { connectToCluster, makeNamespace, removeNamespace } from '../testing/real-cluster.ts';
import { Broker } from './broker.ts';
import { Ingest } from './pipeline.ts';
import { ingestReflectors } from './reflectors.ts';
import { statePublisher } from './state/publisher.ts';
import { StateSource } from './state/state-source.ts';
import { Warnings } from './state/warnings.ts';
import { eventually } from '../testing/eventually.ts';

describe('Ingest on a real API server and NATS', function () {
  const prefix = `test-${process.pid}`;
  const stream = { maxBytes: 16 * 1024 * 1024, prefix };
  const stops: (() => Promise<unknown> | void)[] = [];
  let api: HttpKubeApi;
  let namespace: string;
  let warnings: Warnings;
  const keyframes = new Map<string, { keyframe: Keyframe; identities: readonly (RowIdentity | undefined)[] }>();
  /** The newest value of each metric of each target. */
  const values = new Map<string, number>();

  before(async () => {
    const url = process.env['HOMEOSTAT_NATS_URL'];
    if (!url) throw new Error('integration tests need NATS: run `make cluster-up`, or set HOMEOSTAT_NATS_URL');
    api = connectToCluster();
    stops.push(() => api.close());
    namespace = await makeNamespace(api, 'ingest');
    stops.push(() => removeNamespace(api, namespace));
    const [clock, logger, registry, random] = [systemClock, silentLogger, new Registry(), Math.random];
    const broker = new Broker({ url, name: 'ingest test', logger });
    const reflectors = ingestReflectors({ api, clock, logger, random });
    const evaluator = { bind: keep, unbind: () => {}, frame: note, advance: () => {} };
    const ingest = new Ingest({ broker, stream, evaluator, reflectors, lookBackMs: () => 0, clock, logger, registry });
    const publisher = statePublisher({ broker, prefix, logger, registry });
    warnings = Warnings.of({ api, clock, logger, random });
    const state = new StateSource({ reflectors, warnings, publisher, clock, logger, random });
    stops.push(
      () => broker.stop(),
      async () => {
        if (broker.connection === undefined) return;
        const { streams } = await jetstreamManager(broker.connection);
        await streams.delete(framesStream(stream).name);
      },
      () => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())),
      () => warnings.stop(),
      () => ingest.stop(),
      () => state.setActive(false),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    await ingest.start();
    state.setActive(true);
    await eventually('live', () => ingest.live);
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  function keep(key: string, keyframe: Keyframe, identities: readonly (RowIdentity | undefined)[]): void {
    keyframes.set(key, { keyframe, identities });
  }

  function note(key: string, { rows, columns }: Frame): void {
    const { keyframe, identities } = keyframes.get(key) ?? {};
    if (keyframe === undefined || identities === undefined) return;
    const told = rows === undefined ? [...keyframe.rows.keys()] : [...rows];
    for (const { column, values: numbers } of columns) {
      const { metric, scope } = keyframe.columns[column] ?? {};
      const ofScope = told.filter((row) => keyframe.rows[row]?.scope === scope);
      ofScope.forEach((row, i) => {
        const target = scope === undefined ? undefined : identities[row]?.[scope];
        if (target !== undefined) values.set(`${metric} ${target.namespace}/${target.name}`, numbers[i] ?? Number.NaN);
      });
    }
  }
  const now = () => ({ lastObservedTime: new Date().toISOString().replace('Z', '000Z') });
  const warn = ({ metadata: { name, uid } }: KubeObject): Promise<KubeObject> => {
    const event: KubeObject & Record<string, unknown> = {
      metadata: { name: 'warned', namespace },
      eventTime: now().lastObservedTime,
      type: 'Warning',
      reason: 'Unhealthy',
      action: 'Probe',
      note: 'it does not answer',
      reportingController: 'example.com/test',
      reportingInstance: 'test',
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    };
    return api.create(Event, event);
  };
  const becomes = (metric: string, name: string, value: number): Promise<true> =>
    eventually(`${metric} ${value}`, () => values.get(`${metric} ${namespace}/${name}`) === value);

  it('makes samples of a pod that fails', async () => {
    const containers = [{ name: 'app', image: 'localhost/none:1' }];
    // On a node that does not exist nobody but this test says how the pod is.
    const spec = { nodeName: `${prefix}-node`, containers, tolerations: [{ operator: 'Exists' }] };
    const name = 'failing';
    const failing = { metadata: { name, namespace }, spec };
    await api.create(Pod, failing);
    await becomes('k8s.pod.phase', name, 0);
    const ended = { exitCode: 1, reason: 'Error', containerID: 'containerd://1', finishedAt: '2026-01-01T00:00:00Z' };
    const containerStatuses = [
      {
        name: 'app',
        image: 'x',
        imageID: '',
        ready: false,
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: ended },
      },
    ];
    const body = { status: { phase: 'Running', containerStatuses } };
    await api.patch(Pod, { name, namespace }, { type: 'merge', body }, { subresource: 'status' });
    await becomes('k8s.container.failures', name, 1);
    await becomes('k8s.container.restarts', name, 1);
    await becomes('k8s.container.status.waiting', name, 2);
    await becomes('k8s.pod.phase', name, 1);
    warnings.start();
    await becomes('k8s.pod.events.warnings', name, 0);
    await warn(await api.get(Pod, { name, namespace }));
    await becomes('k8s.pod.events.warnings', name, 1);
    await api.patch(Event, { name: 'warned', namespace }, { type: 'merge', body: { series: { count: 3, ...now() } } });
    await becomes('k8s.pod.events.warnings', name, 3);
    await api.delete(Pod, { name, namespace }, { gracePeriodSeconds: 0 });
    const source = `state/${prefix}-node`;
    await eventually('the end of the source', () => keyframes.get(source)?.keyframe.rows.length === 0);
  });

  it('makes samples of a workload, and finds it above its pods', async () => {
    const labels = { app: 'idle' };
    const template = {
      metadata: { labels },
      spec: { nodeSelector: { nowhere: 'x' }, containers: [{ name: 'app', image: 'x' }] },
    };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    const idle = { metadata: { name: 'idle', namespace, labels }, spec };
    await api.create(Deployment, idle);
    await becomes('k8s.workload.pods.desired', 'idle', 2);
    await becomes('k8s.workload.pods.unavailable', 'idle', 2);
    const pods = (): (RowIdentity | undefined)[] =>
      (keyframes.get('state/')?.identities ?? []).filter((row) => row?.Pod?.namespace === namespace);
    await eventually('its pods', () => pods().length >= 4 && pods().every((row) => row?.Workload?.name === 'idle'));
    expect(pods()[0]?.Workload).to.deep.include({ kind: 'Workload', namespace, labels });
  });
});
