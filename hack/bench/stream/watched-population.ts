/** A population of a control plane that runs: its nodes, and the pods of our namespace as a watch tells of them. */
import type { KubeApi, KubeObject } from '../../../operator/kube/api.ts';
import { connect } from '../../../operator/kube/http-api.ts';
import { listAll } from '../../../operator/kube/list.ts';
import { silentLogger } from '../../../operator/kube/logger.ts';
import { Reflector } from '../../../operator/kube/reflector.ts';
import { Node, Pod } from '../../../operator/kube/resources.ts';
import { keyOf } from '../../../operator/kube/store.ts';
import { systemClock } from '../../../wire/clock.ts';
import { namespace, SpokenNode, type Population } from './population.ts';

type RawPod = KubeObject & {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
};
/** What is kept of a pod: `on` is its node, while it runs there. */
type SeenPod = KubeObject & { readonly on: string | undefined };

/** Resolves when all nodes and pods that are there now are known. */
export const watchedPopulation = async (kubeconfig: string): Promise<Population> => {
  const api = connect({ kubeconfig });
  const names = (await listAll(api, Node)).map(({ metadata }) => metadata.name);
  const nodes = names.map((name, index) => new SpokenNode(name, index));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const pods = new Reflector<SeenPod, RawPod>({
    api,
    resource: Pod,
    namespace,
    transform: ({ metadata: { name, uid = '', resourceVersion = '' }, spec, status }) => ({
      metadata: { namespace, name, uid, resourceVersion },
      on: status?.phase === 'Running' ? spec?.nodeName : undefined,
    }),
    clock: systemClock,
    random: Math.random,
    logger: { ...silentLogger, warn: complain, error: complain },
  });
  const replacer = new Replacer(api);
  pods.onEvent(({ type, object, old }) => {
    const uid = object.metadata.uid ?? '';
    const running = type === 'DELETED' ? undefined : object.on;
    if (running === undefined) byName.get(old?.on ?? '')?.remove(uid);
    else byName.get(running)?.add(uid);
    if (running !== undefined && old?.on === undefined) replacer.runs(object);
  });
  pods.start();
  await pods.synced();
  replacer.begin();
  return {
    kubeconfig,
    nodes,
    get replaced() {
      return replacer.replaced;
    },
    replace: (count) => replacer.replace(count),
    stop: async () => {
      await pods.stop();
      api.close();
    },
  };
};

/** Not as JSON: those lines are for `stream.ts`. */
function complain(message: string, fields: object = {}): void {
  console.error(`${message} ${JSON.stringify(fields)}`);
}

/** So many seconds' worth of pods may be on their way: then the control plane has as much to do as it can. */
const mostSeconds = 5;

/** Deletes pods, the oldest first; the control plane puts others in their place. */
class Replacer {
  readonly #api: KubeApi;
  /** Of those that run; some of them may be gone. */
  readonly #oldest: SeenPod[] = [];
  #deleted = 0;
  #came = 0;
  #begun = false;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  get replaced(): number {
    return this.#came;
  }

  /** Those before were there from the beginning. */
  begin(): void {
    this.#begun = true;
  }

  runs(pod: SeenPod): void {
    this.#oldest.push(pod);
    if (this.#begun) this.#came++;
  }

  replace(count: number): void {
    const room = count * mostSeconds - (this.#deleted - this.#came);
    for (const pod of this.#oldest.splice(0, Math.min(count, room))) {
      this.#deleted++;
      const { uid } = pod.metadata;
      this.#api.delete(Pod, { namespace, name: pod.metadata.name }, { uid }).catch((error: unknown) => {
        this.#deleted--;
        complain('a pod was not deleted', { pod: keyOf(pod), error: String(error) });
      });
    }
  }
}
