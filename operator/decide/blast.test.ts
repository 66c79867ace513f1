import { expect } from 'chai';
import type { RecordedChange } from '../../crds/remediation.ts';
import { readKey, type Answer } from '../actions/live.ts';
import { HorizontalPodAutoscaler, Pod, PodDisruptionBudget, Service, workloadResource } from '../actions/resources.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { blastRadius, blastReads } from './blast.ts';

const namespace = 'shop';
const object = (kind: string, name: string) => ({
  apiVersion: { Pod: 'v1', Node: 'v1', Job: 'batch/v1', HorizontalPodAutoscaler: 'autoscaling/v2' }[kind] ?? 'apps/v1',
  kind,
  ...(kind === 'Node' ? {} : { namespace }),
  name,
  uid: `uid-${name}`,
});
const change = (kind: string, name: string, path: string, from?: string, to?: string): RecordedChange => ({
  object: object(kind, name),
  path,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});
const web = (
  name: string,
  ready = 'True',
  labels: Record<string, string> = { app: 'web' },
): KubeObject & { status: object } => ({
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    labels,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-6d', uid: 'uid-rs', controller: true }],
  },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const pods = [web('web-1'), web('web-2'), web('web-3', 'False'), web('api-1', 'True', { app: 'api' })];
const selecting = (selector: object, more: object = {}, name = 'web'): KubeObject & { spec: object } => ({
  metadata: { name, namespace },
  spec: { selector },
  ...more,
});
const budget = (disruptionsAllowed: number) =>
  selecting({ matchLabels: { app: 'web' } }, { status: { disruptionsAllowed } });

const webSpec = { selector: { matchLabels: { app: 'web' } } };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

const Deployment = workloadResource('apps/v1', 'Deployment');
function world({ allowed = 1, without = [] }: { allowed?: number; without?: Resource[] } = {}): Map<string, Answer> {
  if (Deployment === undefined) throw new Error('no such workload');
  const live = new Map<string, Answer>([
    [readKey({ resource: Pod, namespace }), { is: 'List', items: pods }],
    [readKey({ resource: PodDisruptionBudget, namespace }), { is: 'List', items: [budget(allowed)] }],
    [
      readKey({ resource: Service, namespace }),
      {
        is: 'List',
        items: [selecting({ app: 'web' }), selecting({ app: 'api' }, {}, 'api'), selecting({}, {}, 'own')],
      },
    ],
    [
      readKey({ resource: Deployment, namespace, name: 'web' }),
      {
        is: 'Found',
        object: { metadata: { name: 'web', namespace }, spec: { ...webSpec, replicas: 3 } } as KubeObject,
      },
    ],
    [
      readKey({ resource: HorizontalPodAutoscaler, namespace, name: 'web' }),
      { is: 'Found', object: { metadata: { name: 'web', namespace }, spec: { scaleTargetRef } } as KubeObject },
    ],
  ]);
  for (const resource of without)
    live.set(readKey({ resource, namespace }), { is: 'Unreadable', message: 'forbidden' });
  return live;
}

describe('blast radius', () => {
  it('of an autoscaler asks for what it scales once it is read', () => {
    const lower = change('HorizontalPodAutoscaler', 'web', '/spec/maxReplicas', '9', '1');
    const kinds = (live?: Map<string, Answer>) => blastReads([lower], live).map(({ resource }) => resource.kind);
    expect(kinds()).not.to.include('Deployment');
    expect(kinds(world())).to.include('Deployment');
  });

  const table: [what: string, change: RecordedChange, summary: string][] = [
    ['of a cordon', change('Node', 'n1', '/spec/unschedulable', undefined, 'true'), 'no pod ends'],
    ['of more replicas', change('Deployment', 'web', '/spec/replicas', '3', '4'), 'no pod ends'],
    ['of a label of a workload', change('Deployment', 'web', '/metadata/labels/a', undefined, '"b"'), 'no pod ends'],
    [
      'of a pod that is deleted',
      change('Pod', 'web-1', '', '{}'),
      '1 pod; 1 of 4 of ReplicaSet shop/web-6d; PodDisruptionBudget shop/web allows 1; Service shop/web loses 1 of 2 endpoints',
    ],
    [
      'of a pod that is not ready',
      change('Pod', 'web-3', '', '{}'),
      '1 pod; 1 of 4 of ReplicaSet shop/web-6d; PodDisruptionBudget shop/web allows 1',
    ],
    [
      'of a pod that leaves its Service by a label, and goes on',
      change('Pod', 'web-2', '/metadata/labels/app', '"web"', '"forensics"'),
      '1 pod; 1 of 4 of ReplicaSet shop/web-6d; Service shop/web loses 1 of 2 endpoints',
    ],
    [
      'of a pod that gets a label that nothing selects',
      change('Pod', 'web-2', '/metadata/labels/a', undefined, '"b"'),
      '1 pod; 1 of 4 of ReplicaSet shop/web-6d',
    ],
    [
      'of fewer replicas: which of them is not known',
      change('Deployment', 'web', '/spec/replicas', '3', '1'),
      '2 pods; 2 of 3 of Deployment shop/web; PodDisruptionBudget shop/web allows 1: too few; Service shop/web loses 2 of 2 endpoints',
    ],
    [
      'of an autoscaler that may have fewer: those beyond go',
      change('HorizontalPodAutoscaler', 'web', '/spec/maxReplicas', '9', '1'),
      '2 pods; 2 of 3 of Deployment shop/web; PodDisruptionBudget shop/web allows 1: too few; Service shop/web loses 2 of 2 endpoints',
    ],
    [
      'of an autoscaler that may have more',
      change('HorizontalPodAutoscaler', 'web', '/spec/maxReplicas', '3', '9'),
      'no pod ends',
    ],
    [
      'of an autoscaler that must have more',
      change('HorizontalPodAutoscaler', 'web', '/spec/minReplicas', '1', '4'),
      'no pod ends',
    ],
    [
      'of a new template',
      change('Deployment', 'web', '/spec/template/metadata/annotations/at', undefined, '"now"'),
      '3 pods; 3 of 3 of Deployment shop/web; PodDisruptionBudget shop/web allows 1: too few; Service shop/web loses 2 of 2 endpoints',
    ],
  ];
  for (const [what, one, summary] of table)
    it(what, () => expect(blastRadius([one], world()).summary).to.equal(summary));

  it('of several pods counts them together', () => {
    const both = ['web-1', 'web-2'].map((name) => change('Pod', name, '', '{}'));
    expect(blastRadius(both, world({ allowed: 0 }))).to.deep.equal({
      pods: 2,
      owners: [{ name: 'ReplicaSet shop/web-6d', pods: 2, of: 4 }],
      budgets: [{ name: 'shop/web', pods: 2, disruptionsAllowed: 0, exceeded: true }],
      services: [{ name: 'shop/web', endpoints: 2, loses: 2 }],
      summary:
        '2 pods; 2 of 4 of ReplicaSet shop/web-6d; PodDisruptionBudget shop/web allows 0: too few; Service shop/web loses 2 of 2 endpoints',
    });
  });

  it('says what could not be read, and does not take it for nothing', () => {
    const radius = blastRadius([change('Pod', 'web-1', '', '{}')], world({ without: [PodDisruptionBudget] }));
    expect(radius.unknown).to.deep.equal(['the list of poddisruptionbudgets in shop: forbidden']);
    expect(radius.summary).to.include('not known: the list of poddisruptionbudgets');
  });

  it('asks for nothing when no pod is concerned', () => {
    expect(blastReads([change('Node', 'n1', '/spec/unschedulable', undefined, 'true')])).to.deep.equal([]);
  });
});
