import { expect } from 'chai';
import type { FieldsV1, KubeObject, ManagedFields } from './api.ts';
import { type FieldPath, ownersOf, owns, pathOfPointer } from './managed-fields.ts';

const entry = (manager: string, fieldsV1: FieldsV1, more: Partial<ManagedFields> = {}): ManagedFields => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});

const object: KubeObject & { spec: object } = {
  spec: { replicas: 2, taints: [{ key: 'a', effect: 'NoSchedule' }] },
  metadata: {
    name: 'web',
    managedFields: [
      entry(
        'kubectl',
        {
          'f:metadata': {
            'f:labels': { '.': {}, 'f:app': {} },
            'f:finalizers': { '.': {}, 'v:"homeostat.dev/undo"': {} },
          },
          'f:spec': {
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"app"}': {
                    '.': {},
                    'f:image': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
                  },
                },
              },
            },
          },
        },
        { operation: 'Apply' },
      ),
      entry(
        'homeostat/fix',
        { 'f:spec': { 'f:replicas': {} } },
        { subresource: 'scale', time: '2026-01-01T00:05:00Z' },
      ),
      entry('kube-controller-manager', { 'f:status': { 'f:replicas': {} } }, { subresource: 'status' }),
      entry('kubelet', { 'f:spec': { 'f:taints': {} } }, { time: '2026-01-01T00:09:00Z' }),
      entry('autoscaler', { 'f:spec': { 'f:taints': {}, 'f:replicas': {} } }),
    ],
  },
};

const container: FieldPath = ['spec', 'template', 'spec', 'containers', { name: 'app' }];
const cases: { name: string; path: FieldPath; owners: string[] }[] = [
  {
    name: 'a field by its owners, the latest first',
    path: ['spec', 'replicas'],
    owners: ['homeostat/fix', 'autoscaler'],
  },
  { name: 'a map by whoever owns a part of it', path: ['metadata', 'labels'], owners: ['kubectl'] },
  { name: 'an entry of a map', path: ['metadata', 'labels', 'app'], owners: ['kubectl'] },
  { name: 'nobody for another entry', path: ['metadata', 'labels', 'tier'], owners: [] },
  { name: 'a member of a set', path: ['metadata', 'finalizers', 'homeostat.dev/undo'], owners: ['kubectl'] },
  { name: 'an atomic list as a whole', path: ['spec', 'taints', '0', 'key'], owners: ['kubelet', 'autoscaler'] },
  { name: 'an element of a keyed list', path: [...container, 'image'], owners: ['kubectl'] },
  {
    name: 'nobody for another element',
    path: ['spec', 'template', 'spec', 'containers', { name: 'sidecar' }, 'image'],
    owners: [],
  },
  { name: 'an element by some of its keys', path: [...container, 'ports', { containerPort: 80 }], owners: ['kubectl'] },
  { name: 'a status', path: ['status', 'replicas'], owners: ['kube-controller-manager'] },
  { name: 'nobody for a sibling of a leaf', path: ['spec', 'paused'], owners: [] },
];

describe('ownersOf', () => {
  for (const { name, path, owners } of cases) {
    it(`names ${name}`, () => expect(ownersOf(object, path).map(({ manager }) => manager)).to.deep.equal(owners));
  }

  it('does not take a record of who made a map for the ownership of its fields', () => {
    const widget = (fields: FieldsV1[], spec: object): KubeObject & { spec: object } => ({
      metadata: { name: 'w', managedFields: fields.map((fieldsV1, i) => entry(`m${i}`, fieldsV1)) },
      spec,
    });
    const taken = widget([{ 'f:spec': {} }, { 'f:spec': { 'f:size': {} } }], { size: 2 });
    expect(ownersOf(taken, ['spec', 'size']).map(({ manager }) => manager)).to.deep.equal(['m1']);
    expect(ownersOf(widget([{ 'f:spec': {} }], {}), ['spec', 'size'])).to.deep.equal([]);
    expect(ownersOf(taken, ['spec']).map(({ manager }) => manager)).to.deep.equal(['m0', 'm1']);
  });

  it('says how and since when', () => {
    expect(ownersOf(object, ['spec', 'replicas'])[0]).to.deep.equal({
      manager: 'homeostat/fix',
      operation: 'Update',
      subresource: 'scale',
      time: '2026-01-01T00:05:00Z',
    });
    expect(ownersOf(object, ['metadata', 'labels'])[0]).to.deep.equal({
      manager: 'kubectl',
      operation: 'Apply',
      time: '2026-01-01T00:00:00Z',
    });
  });

  it('knows nobody where nothing is recorded', () => {
    expect(ownersOf({ metadata: { name: 'a' } }, ['spec'])).to.deep.equal([]);
    expect(
      ownersOf({ metadata: { name: 'a', managedFields: [{ manager: 'm', operation: 'Update' }] } }, ['spec']),
    ).to.deep.equal([]);
  });
});

it('owns answers for one manager', () => {
  expect([
    owns(object, 'homeostat/fix', ['spec', 'replicas']),
    owns(object, 'homeostat/fix', ['spec', 'taints']),
  ]).to.deep.equal([true, false]);
});

it('pathOfPointer reads JSON pointers', () => {
  expect(pathOfPointer('/metadata/labels/app.kubernetes.io~1name~0')).to.deep.equal([
    'metadata',
    'labels',
    'app.kubernetes.io/name~',
  ]);
  expect(pathOfPointer('')).to.deep.equal([]);
});
