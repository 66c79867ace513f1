import type { KubeObject } from '../kube/api.ts';
import type { HttpKubeApi } from '../kube/http-api.ts';
import { apiVersionOf, CustomResourceDefinition } from '../kube/resources.ts';
import { conformance, Widget } from './conformance.ts';
import { connectToCluster, install, makeNamespace, removeNamespace } from './real-cluster.ts';

const condition = {
  type: 'object',
  required: ['type'],
  properties: { type: { type: 'string' }, status: { type: 'string' } },
};
const conditions = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: condition,
};
const schema = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer' }, colour: { type: 'string' } } },
    status: { type: 'object', properties: { ready: { type: 'boolean' }, count: { type: 'integer' }, conditions } },
  },
};
const definition: KubeObject & { spec: object } = {
  apiVersion: apiVersionOf(CustomResourceDefinition),
  kind: 'CustomResourceDefinition',
  metadata: { name: `${Widget.plural}.${Widget.group}` },
  spec: {
    group: Widget.group,
    scope: 'Namespaced',
    names: { kind: Widget.kind, plural: Widget.plural },
    versions: [
      {
        name: Widget.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      },
    ],
  },
};

describe('a real API server', () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  let api: HttpKubeApi;

  before(async () => {
    api = connectToCluster();
    cleanUps.push(() => api.close(), await install(api, definition));
  });
  after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  conformance('over HTTPS', async () => {
    const namespace = await makeNamespace(api, 'conformance');
    cleanUps.push(() => removeNamespace(api, namespace));
    return { api, namespace };
  });
});
