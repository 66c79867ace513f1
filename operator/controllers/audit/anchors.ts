/** The ConfigMap with the anchors of all chains, read from the API server and written only over what was read. */
import { anchorsName, emptyAnchor, parseAnchor, printAnchor, type Anchor } from '../../audit/anchor.ts';
import { hasReason, type KubeApi, type KubeObject } from '../../kube/api.ts';
import { ConfigMap } from '../../kube/resources.ts';

type AnchorsObject = KubeObject & { readonly data?: Readonly<Record<string, string>> };

export class Anchors {
  readonly #api: KubeApi;
  readonly #namespace: string;
  readonly #object: AnchorsObject | undefined;

  private constructor(api: KubeApi, namespace: string, object: AnchorsObject | undefined) {
    this.#api = api;
    this.#namespace = namespace;
    this.#object = object;
  }

  /** As they are now; `namespace` is the operator's own. */
  static async read(api: KubeApi, namespace: string): Promise<Anchors> {
    try {
      return new Anchors(api, namespace, await api.get<AnchorsObject>(ConfigMap, { namespace, name: anchorsName }));
    } catch (error) {
      if (hasReason(error, 'NotFound')) return new Anchors(api, namespace, undefined);
      throw error;
    }
  }

  /** The text of one chain's anchor; undefined when there is none. */
  text(chain: string): string | undefined {
    return this.#object?.data?.[chain];
  }

  /** The namespaces of the chains that have one. */
  chains(): string[] {
    return Object.keys(this.#object?.data ?? {});
  }

  /** One chain's anchor. Throws when its text is none: nothing may be appended to what cannot be read. */
  of(chain: string): Anchor {
    const text = this.text(chain);
    return text === undefined ? emptyAnchor : parseAnchor(text);
  }

  /** Writes one chain's anchor. Rejects with `Conflict` or `AlreadyExists` when anything was written in between. */
  async put(chain: string, anchor: Anchor): Promise<Anchors> {
    const data = { [chain]: printAnchor(anchor) };
    const options = { fieldManager: 'homeostat' };
    const where = { namespace: this.#namespace, name: anchorsName };
    if (this.#object === undefined) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: where, data };
      return new Anchors(this.#api, this.#namespace, await this.#api.create<AnchorsObject>(ConfigMap, body, options));
    }
    const { uid, resourceVersion } = this.#object.metadata;
    const patch = { type: 'merge', body: { metadata: { uid, resourceVersion }, data } } as const;
    const written = await this.#api.patch<AnchorsObject>(ConfigMap, where, patch, options);
    return new Anchors(this.#api, this.#namespace, written);
  }
}
