import { expect } from 'chai';
import { actionNames, irreversible, type ActionName } from '../../crds/actions.ts';
import { targetKinds, type TargetKind } from '../../crds/references.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { controllerReference, deployment, node, pod } from '../testing/fixtures.ts';
import type { Target } from './action.ts';
import { actionConformance, cases, type ActionWorld, type WorkloadKind } from './conformance.test.ts';
import { actionOf, actions } from './registry.ts';
import {
  apiVersionOf,
  ControllerRevision,
  HorizontalPodAutoscaler,
  Job,
  Node,
  Pod,
  ReplicaSet,
  ScaledObject,
  Service,
  workloads,
} from './resources.ts';
import { autoscalersOf } from './testing.ts';

const sized = { requests: { memory: '32Mi' }, limits: { memory: '1Gi' } };

/** Objects that are seeded into the in-process API server, each with a name and uid of its own. */
function memory(): ActionWorld {
  const server = new ApiServer({ clock: new FakeClock() });
  let count = 0;
  const next = (): [name: string, uid: string] => [`thing-${++count}`, `uid-${count}`];
  const seed = (kind: WorkloadKind, name: string, uid: string): Target => {
    const resource = workloadOf(kind);
    const apiVersion = apiVersionOf(resource);
    const { template } = deployment().spec;
    const containers = [{ name: 'app', image: 'registry.example/web:1', resources: sized }];
    server.seed(resource, {
      ...deployment({ name, uid }, { template: { ...template, spec: { containers } } }),
      apiVersion,
      kind,
    });
    return { kind: 'Workload', namespace: 'shop', name, uid, workload: { apiVersion, kind, name, uid } };
  };
  const make = {
    Node: (name: string, uid: string) => server.seed(Node, node({ name, uid })),
    Pod: (name: string, uid: string) => {
      const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'uid-rs')];
      return server.seed(Pod, pod({ name, uid, ownerReferences }));
    },
  } as const;
  const target = (kind: keyof typeof make): Target => {
    const [name, uid] = next();
    const { namespace } = make[kind](name, uid).metadata;
    return { kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
  };
  /** An object that belongs to a workload, and is what else it is said to be. */
  const owned = (resource: Resource, { workload, uid }: Target, name: string, rest: object) => {
    const { apiVersion = '', kind = '', name: owner = '' } = workload ?? {};
    const ownerReferences = [controllerReference(apiVersion, kind, owner, uid)];
    const labels = { trial: owner };
    server.seed(resource, {
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, ownerReferences, labels },
      ...rest,
    });
  };
  const stuck = (kind: WorkloadKind): Target => {
    const target = seed(kind, ...next());
    const { template } = deployment().spec;
    const broken = { ...template, spec: { containers: [{ name: 'app', image: 'registry.example/none:1' }] } };
    const annotations = (revision: string) => ({ 'deployment.kubernetes.io/revision': revision });
    const [one, two] = [`${target.name}-1`, `${target.name}-2`];
    for (const [name, number, of] of [
      [one, 1, template],
      [two, 2, broken],
    ] as const) {
      if (kind !== 'Deployment')
        owned(ControllerRevision, target, name, {
          revision: number,
          data: { spec: { template: { ...of, $patch: 'replace' } } },
        });
      else {
        const spec = { selector: {}, template: of };
        owned(ReplicaSet, target, name, { spec, status: { availableReplicas: 2 - number } });
        const set = server.find(ReplicaSet, { namespace: 'shop', name });
        if (set !== undefined)
          server.seed(ReplicaSet, { ...set, metadata: { ...set.metadata, annotations: annotations(String(number)) } });
      }
    }
    const made = server.find(workloadOf(kind), { namespace: 'shop', name: target.name }) ?? expect.fail('not seeded');
    server.seed(workloadOf(kind), { ...made, spec: { ...deployment().spec, template: broken } } as KubeObject);
    const ready = pod({ name: `${one}-pod`, uid: `uid-${one}-pod`, labels: { 'controller-revision-hash': one } });
    const { apiVersion = '' } = target.workload ?? {};
    const ownerReferences = [controllerReference(apiVersion, kind, target.name, target.uid)];
    server.seed(Pod, { ...ready, metadata: { ...ready.metadata, ownerReferences } });
    return target;
  };
  const servedPod = (): Target => {
    const { name: owner, uid, workload } = seed('Deployment', ...next());
    const selector = { matchLabels: { app: 'web', trial: owner } };
    owned(ReplicaSet, { kind: 'Workload', name: owner, uid, ...(workload && { workload }) }, `${owner}-1`, {
      spec: { selector },
    });
    server.seed(Service, {
      metadata: { name: owner, namespace: 'shop' },
      spec: { selector: { trial: owner } },
    } as KubeObject);
    const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', `${owner}-1`, `uid-${owner}-1`)];
    const [name, own] = next();
    server.seed(Pod, pod({ name, uid: own, ownerReferences, labels: { app: 'web', trial: owner } }));
    return { kind: 'Pod', namespace: 'shop', name, uid: own, ...(workload && { workload }) };
  };
  const sizedPod = (): Target => {
    const resources = sized;
    const [name, uid] = next();
    const made = pod({ name, uid }, { containers: [{ name: 'app', image: 'registry.example/web:1', resources }] });
    const containerStatuses = made.status.containerStatuses.map((status) => Object.assign(status, { resources }));
    server.seed(Pod, { ...made, status: { ...made.status, containerStatuses } });
    return { kind: 'Pod', namespace: 'shop', name, uid };
  };
  const autoscaled = (by: string): Target => {
    const target = seed('Deployment', ...next());
    const { scaledObject, hpa } = autoscalersOf({ name: target.name, namespace: 'shop' }, by);
    if (scaledObject === undefined) server.seed(HorizontalPodAutoscaler, hpa());
    else {
      const uid = server.seed(ScaledObject, scaledObject).metadata.uid ?? '';
      const ownerReferences = [controllerReference('keda.sh/v1alpha1', 'ScaledObject', target.name, uid)];
      server.seed(HorizontalPodAutoscaler, hpa({ ownerReferences }));
    }
    return target;
  };
  const run = (): Target => {
    const { workload, uid } = seed('CronJob', ...next());
    const job = seed('Job', ...next());
    const made = server.find(Job, { namespace: 'shop', name: job.name }) ?? expect.fail('not seeded');
    const ownerReferences = [controllerReference('batch/v1', 'CronJob', workload?.name ?? '', uid)];
    server.seed(Job, { ...made, metadata: { ...made.metadata, ownerReferences } });
    return job;
  };
  return {
    api: server,
    run: async () => run(),
    autoscaled: async (by) => autoscaled(by),
    sizedPod: async () => sizedPod(),
    stuck: async (kind) => stuck(kind),
    servedPod: async () => servedPod(),
    node: async () => target('Node'),
    workload: async (kind) => seed(kind, ...next()),
    pod: async () => target('Pod'),
    origin: async () => ({ namespace: 'shop', name: 'conformance-1', uid: 'uid-remediation', step: 'step' }),
    replace: async ({ kind, name, namespace, workload }) => {
      const of = workload?.kind as WorkloadKind | undefined;
      const resource = kind === 'Workload' && of !== undefined ? workloadOf(of) : kind === 'Node' ? Node : Pod;
      await server.delete(resource, { name, namespace }, { gracePeriodSeconds: 0 });
      const uid = `uid-new-${++count}`;
      if (kind === 'Workload' && of !== undefined) seed(of, name, uid);
      else make[kind === 'Node' ? kind : 'Pod'](name, uid);
    },
  };
}

const workloadOf = (kind: WorkloadKind): Resource =>
  workloads.find((resource) => resource.kind === kind) ?? expect.fail(`${kind} is no workload`);

/** What an action asks for with the parameters of its conformance case. */
const needsOf = (name: ActionName) => [...actionOf(cases[name].action).needs(targetKinds)];

describe('actions', () => {
  let world = memory();
  beforeEach(() => (world = memory()));

  actionConformance('keep to the contract', () => world);

  it('stand in the order of the schema', () => {
    expect(Object.keys(actions)).to.deep.equal(actionNames);
  });

  it('cannot be taken back exactly where the schema refuses a step that wants it', () => {
    expect(actionNames.filter((name) => !actions[name].reversible)).to.deep.equal(irreversible);
  });

  // What they may reach is for the administrator to say, and not by RBAC alone.
  const silent: ReadonlySet<string> = new Set(['createObject', 'webhook', 'notify']);

  it('say what they need: an object to be read can be read, one to be changed can be changed', () => {
    for (const name of actionNames) {
      const verbs = new Set(actions[name].permissions.map(({ verb }) => verb));
      if (silent.has(name)) continue;
      expect(verbs.has('get'), name).to.equal(true);
      expect(verbs.has('patch') || verbs.has('delete') || verbs.has('create'), name).to.equal(true);
    }
  });

  it('ask for what their parameters need, and never for what the installation does not grant', () => {
    const writes = (action: PlanStep['action'], kinds: readonly TargetKind[]) =>
      actionOf(action)
        .needs(kinds)
        .flatMap(({ verb, resource }) => (verb === 'patch' ? [resource] : []));
    const set = { a: 'b' };
    expect(writes({ label: { of: 'Node', set } }, ['Pod'])).to.deep.equal(['nodes']);
    expect(writes({ label: { of: 'Target', set } }, ['Pod', 'Container'])).to.deep.equal(['pods']);
    expect(writes({ annotate: { of: 'Workload', set } }, ['Node'])).to.deep.equal([]);
    expect(writes({ label: { of: 'Pod', set } }, ['Workload', 'Node'])).to.deep.equal([]);
    expect(writes({ label: { of: 'Node', set } }, ['Workload'])).to.deep.equal([]);
    expect(writes({ annotate: { of: 'Workload', set } }, ['Pod']))
      .to.include('deployments')
      .and.not.include('pods');
    for (const name of actionNames)
      if (name !== 'createObject') expect(actions[name].permissions, name).to.include.deep.members(needsOf(name));
    expect(needsOf('createObject').map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([
      'get configmaps',
      'create configmaps',
      'delete configmaps',
    ]);
  });

  it('are for some kinds of targets and refuse the others', () => {
    const target: Target = { kind: 'Workload', namespace: 'shop', name: 'web', uid: 'uid' };
    const plan = actionOf({ cordon: {} }).plan(new Map(), { target, manager: 'homeostat/x', nowMs: 0 });
    expect(plan).to.deep.include({ is: 'Refused', reason: 'WrongTargetKind' });
    expect(plan.message).to.equal('cordon is for targets of kind Node, Pod, Container, not Workload');
  });

  const wrong: [what: string, action: PlanStep['action']][] = [
    ['no action', {}],
    ['two actions', { cordon: {}, restartPod: {} }],
  ];
  for (const [what, action] of wrong)
    it(`a step with ${what} is an error in the program`, () => {
      expect(() => actionOf(action)).to.throw(TypeError, 'must name exactly one action');
    });
});
