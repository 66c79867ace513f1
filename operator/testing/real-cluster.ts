/** What integration tests share: the cluster KUBECONFIG names, and namespaces that go away with the test. */
import type { KubeObject } from '../kube/api.ts';
import { connect, type HttpKubeApi } from '../kube/http-api.ts';
import { CustomResourceDefinition, Namespace } from '../kube/resources.ts';
import { eventually } from './eventually.ts';

/** Fails with what to do when no cluster is named: an integration test that is skipped shows nothing. */
export function connectToCluster(): HttpKubeApi {
  if (!process.env['KUBECONFIG']) {
    throw new Error('integration tests need a cluster: run `make cluster-up`, or set KUBECONFIG to one you may use');
  }
  return connect();
}

/** A new namespace with a name of its own. */
export async function makeNamespace(api: HttpKubeApi, prefix: string): Promise<string> {
  const { metadata } = await api.create(Namespace, { metadata: { generateName: `${prefix}-`, name: '' } });
  return metadata.name;
}

export async function removeNamespace(api: HttpKubeApi, name: string): Promise<void> {
  await api.delete(Namespace, { name });
}

/** Installs a definition, waits until it is served, and returns how to remove it. */
export async function install(api: HttpKubeApi, definition: KubeObject): Promise<() => Promise<void>> {
  const { name } = definition.metadata;
  const body = { type: 'apply', body: definition, force: true } as const;
  await api.patch(CustomResourceDefinition, { name }, body, { fieldManager: 'homeostat-test' });
  await eventually(`the definition ${name} is established`, async () => {
    const { status } = await api.get<KubeObject & { status?: { conditions?: { type: string; status: string }[] } }>(
      CustomResourceDefinition,
      { name },
    );
    return status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True');
  });
  return () => api.delete(CustomResourceDefinition, { name });
}
