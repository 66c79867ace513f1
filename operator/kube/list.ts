import type { KubeApi, KubeObject, Resource } from './api.ts';

/** Which objects of a kind; absent members: all. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** Every object of a selection, page by page, as they were at the first page. */
export async function listAll<T extends KubeObject>(
  api: KubeApi,
  resource: Resource,
  selection: Selection = {},
): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  do {
    const page = await api.list<T>(resource, { ...selection, limit: 500, continue: token });
    items.push(...page.items);
    token = page.continue;
  } while (token !== undefined);
  return items;
}
