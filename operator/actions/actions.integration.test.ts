import type { KubeApi, KubeObject, Resource } from '../kube/api.ts';
import { systemClock } from '../kube/clock.ts';
import type { HttpKubeApi } from '../kube/http-api.ts';
import { Caller, withCalls } from '../notify/calls.ts';
import { controllerReference } from '../testing/fixtures.ts';
import { connectToCluster, install, makeNamespace, removeNamespace } from '../testing/real-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { Remediation } from '../kube/resources.ts';
import { valid } from '../../crds/testing/valid.ts';
import type { Origin, Target } from './action.ts';
import { actionConformance, type ActionWorld, type WorkloadKind } from './conformance.test.ts';
import { valueAt } from './json.ts';
import { apiVersionOf, HorizontalPodAutoscaler, Node, Pod, ScaledObject, Service, workloads } from './resources.ts';
import { rolloutOf } from './rollout.ts';
import { autoscalersOf } from './testing.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const resources = { requests: { memory: '32Mi' }, limits: { memory: '1Gi' } };
const containers = [{ name: 'app', image: 'localhost/pause:1', resources }];

const workloadOf = (kind: WorkloadKind): Resource => {
  const found = workloads.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`${kind} is no workload`);
  return found;
};

/** The spec of a workload with two pods, or one on each real node. */
function specOf(kind: WorkloadKind, name: string, runs: boolean): object {
  const labels = { app: 'web', trial: name };
  // A node takes 110 pods: those that need not run are nobody's to schedule.
  const scheduling = runs ? { nodeSelector: { 'kubernetes.io/os': 'linux' } } : { schedulerName: 'nobody' };
  const template = { metadata: { labels }, spec: { containers, ...scheduling } };
  const job = { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } };
  const selector = { matchLabels: labels };
  switch (kind) {
    case 'Deployment':
      return { replicas: 2, selector, template };
    case 'StatefulSet':
      return { replicas: 2, serviceName: name, selector, template };
    case 'DaemonSet':
      // A new pod comes before the old one goes, so that one of the old template can be there while a new one fails.
      return { selector, template, updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
    case 'Job':
      return job;
    case 'CronJob':
      return { schedule: '0 0 1 1 *', jobTemplate: { spec: job } };
  }
}

/** Whether its controller has seen the latest spec, and has kept the templates that it had. */
const isObserved = (object: KubeObject): boolean => {
  const { status } = object as KubeObject & { status?: { observedGeneration?: number } };
  return status?.observedGeneration === object.metadata.generation;
};

/** Whom the action webhook calls: it accepts everything. */
function receiver(): Parameters<typeof withCalls>[1] {
  const caller = new Caller({
    file: { current: { notifiers: new Map(), webhooks: new Map([[host.host, host]]) } },
    clock: systemClock,
    send: async () => ({ is: 'Accepted', answer: 'ok' }),
  });
  return caller;
}
const host = { host: 'hooks.example.com', allowHttp: false };

/** Objects on a real cluster, whose controllers look after them while they are tried. */
class RealWorld implements ActionWorld {
  readonly api: KubeApi;
  readonly #namespace: string;
  readonly #nodes: string[] = [];
  readonly #next = new Map<string, Promise<Target>>();
  #count = 0;

  constructor(api: HttpKubeApi, namespace: string) {
    this.api = withCalls(api, receiver());
    this.#namespace = namespace;
  }

  readonly node = (): Promise<Target> => this.#ahead('Node', () => this.#node());
  readonly workload = (kind: WorkloadKind): Promise<Target> => this.#ahead(kind, () => this.#workload(kind));
  readonly pod = (): Promise<Target> => this.#ahead('Pod', () => this.#pod());

  readonly servedPod = (): Promise<Target> => this.#ahead('served', () => this.#servedPod());
  readonly stuck = (kind: WorkloadKind): Promise<Target> => this.#ahead(`stuck ${kind}`, () => this.#stuck(kind));

  /** The next one is made while this one is tried, because it takes its time to come to rest. */
  #ahead(kind: string, make: () => Promise<Target>): Promise<Target> {
    const ready = this.#next.get(kind) ?? make();
    // One that could not be made fails its own test and no other.
    const next = ready.then(make, make);
    next.catch(() => {});
    this.#next.set(kind, next);
    return ready;
  }

  async #node(): Promise<Target> {
    const name = `${this.#namespace}-${++this.#count}`;
    this.#nodes.push(name);
    await this.api.create(Node, { metadata: { name, labels: { app: 'web' } } });
    const { metadata } = await this.#quiet(Node, name);
    return { kind: 'Node', name, uid: metadata.uid ?? '' };
  }

  async #workload(kind: WorkloadKind, runs = false): Promise<Target> {
    const { metadata } = await this.#make(kind, `web-${++this.#count}`, runs);
    const { name, uid = '' } = metadata;
    const workload = { apiVersion: apiVersionOf(workloadOf(kind)), kind, name, uid };
    return { kind: 'Workload', namespace: this.#namespace, name, uid, workload };
  }

  async #pod(runs = false): Promise<Target> {
    const { name, uid, workload } = await this.#workload('Deployment', runs);
    await this.#until(workloadOf('Deployment'), name, (made) => valueAt(made, '/status/replicas') === 2);
    const pods = await this.api.list(Pod, { namespace: this.#namespace, labelSelector: `trial=${name}` });
    const [pod] = pods.items;
    if (pod === undefined || workload === undefined) throw new Error(`deployment ${name} (${uid}) has no pods`);
    return { kind: 'Pod', namespace: this.#namespace, name: pod.metadata.name, uid: pod.metadata.uid ?? '', workload };
  }

  async #servedPod(): Promise<Target> {
    const target = await this.#pod();
    const { name = '' } = target.workload ?? {};
    const spec = { selector: { trial: name }, ports: [{ port: 80 }] };
    await this.api.create(Service, { metadata: { name, namespace: this.#namespace }, spec } as KubeObject);
    return target;
  }

  readonly sizedPod = async (): Promise<Target> => {
    const target = await this.#pod(true);
    await this.#until(
      Pod,
      target.name,
      (pod) => valueAt(pod, '/status/containerStatuses/[name=app]/resources') !== undefined,
    );
    return target;
  };

  async #stuck(kind: WorkloadKind): Promise<Target> {
    const target = await this.#workload(kind, true);
    const { name } = target;
    const resource = workloadOf(kind);
    await this.#until(resource, name, (object) => rolloutOf(object).is === 'Done');
    const spec = { template: { spec: { containers: [{ name: 'app', image: 'localhost/none:1' }] } } };
    const patch = { type: 'merge', body: { spec } } as const;
    await this.api.patch(resource, { name, namespace: this.#namespace }, patch, { fieldManager: 'a-person' });
    await this.#until(resource, name, isObserved);
    return target;
  }

  readonly run = async (): Promise<Target> => {
    const { workload, uid } = await this.#workload('CronJob');
    const job = await this.#workload('Job');
    const ownerReferences = [controllerReference('batch/v1', 'CronJob', workload?.name ?? '', uid)];
    const patch = { type: 'merge', body: { metadata: { ownerReferences } } } as const;
    await this.api.patch(workloadOf('Job'), { name: job.name, namespace: this.#namespace }, patch);
    return job;
  };

  readonly autoscaled = async (by: string): Promise<Target> => {
    const target = await this.#workload('Deployment');
    const { name } = target;
    const { scaledObject, hpa } = autoscalersOf({ name, namespace: this.#namespace }, by);
    if (scaledObject === undefined) await this.api.create(HorizontalPodAutoscaler, hpa());
    else {
      const { uid = '' } = (await this.api.create(ScaledObject, scaledObject)).metadata;
      const ownerReferences = [controllerReference('keda.sh/v1alpha1', 'ScaledObject', name, uid)];
      await this.api.create(HorizontalPodAutoscaler, hpa({ ownerReferences }));
    }
    return target;
  };

  async #until(resource: Resource, name: string, holds: (object: KubeObject) => boolean): Promise<void> {
    const key = { name, namespace: this.#namespace };
    await eventually(`${resource.kind} ${name}: ${holds.toString()}`, async () =>
      holds(await this.api.get(resource, key)),
    );
  }

  readonly replace = async ({ kind, name, workload }: Target): Promise<void> => {
    const namespace = kind === 'Node' ? undefined : this.#namespace;
    const of = (workload?.kind ?? 'Deployment') as WorkloadKind;
    const resource = { Node, Workload: workloadOf(of), Pod, Container: Pod }[kind];
    await this.api.delete(resource, { name, namespace }, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    if (kind === 'Node') await this.api.create(Node, { metadata: { name } });
    else if (kind === 'Workload') await this.#make(of, name);
    else await this.api.create(Pod, { metadata: { name, namespace }, spec: { containers } } as KubeObject);
    await this.#quiet(resource, name);
  };

  readonly origin = async (): Promise<Origin> => {
    const name = `rem-${++this.#count}`;
    const object = { ...valid.Remediation(name), metadata: { name, namespace: this.#namespace } };
    const { metadata } = await this.api.create(Remediation, object);
    return { namespace: this.#namespace, name, uid: metadata.uid ?? '', step: 'step' };
  };

  async removeNodes(): Promise<void> {
    await Promise.allSettled(this.#next.values());
    for (const name of this.#nodes) await this.api.delete(Node, { name }, {}).catch(() => {});
  }

  async #make(kind: WorkloadKind, name: string, runs = false): Promise<KubeObject> {
    const metadata = { name, namespace: this.#namespace, labels: { app: 'web' } };
    await this.api.create(workloadOf(kind), { metadata, spec: specOf(kind, name, runs) } as KubeObject);
    return this.#quiet(workloadOf(kind), name);
  }

  /** The object when its controllers have left it alone for a while. */
  async #quiet(resource: Resource, name: string): Promise<KubeObject> {
    const namespace = resource.namespaced ? this.#namespace : undefined;
    let found = await this.api.get(resource, { name, namespace });
    return eventually(`${resource.kind} ${name} comes to rest`, async () => {
      const { resourceVersion } = found.metadata;
      await sleep(300);
      found = await this.api.get(resource, { name, namespace });
      return found.metadata.resourceVersion === resourceVersion && found;
    });
  }
}

/** What KEDA lets people write, as far as it is changed here, with what it demands; nothing follows it. */
const scaledObjects = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: ScaledObject.group,
    scope: 'Namespaced',
    names: { kind: ScaledObject.kind, plural: ScaledObject.plural },
    versions: [
      {
        name: ScaledObject.version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['scaleTargetRef', 'triggers'],
                properties: {
                  minReplicaCount: { type: 'integer', format: 'int32' },
                  maxReplicaCount: { type: 'integer', format: 'int32' },
                },
                'x-kubernetes-preserve-unknown-fields': true,
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        subresources: { status: {} },
      },
    ],
  },
};

describe('actions on a real cluster', function () {
  let uninstall: () => Promise<void>;
  let world: RealWorld;
  let namespace: string;
  let api: HttpKubeApi;
  before(async () => {
    api = connectToCluster();
    namespace = await makeNamespace(api, 'actions');
    uninstall = await install(api, scaledObjects);
    await eventually('ScaledObjects to be served', () => api.list(ScaledObject, { namespace }));
    world = new RealWorld(api, namespace);
  });
  after(async () => {
    await world.removeNodes();
    await uninstall?.();
    await removeNamespace(api, namespace);
    api.close();
  });

  actionConformance('keep to the contract', () => world);
});
