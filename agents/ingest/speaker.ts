import type { NodePods } from '../kubelet/node-pods.ts';
import type { NodePod } from '../kubelet/pods.ts';
import { onlyContainer } from '../declared/target.ts';

/** Whom something that was pushed is about, as whoever pushes it says. */
export interface Named {
  readonly uid?: string | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
}

export interface Subject {
  readonly pod: NodePod;
  readonly container: string | undefined;
}

/**
 * Whom those who push may speak of: a pod of itself, since its address says who it is, and pods of the trusted namespaces
 * (collectors) of every pod of the node. Pods with the node's network have one address together: they may speak of each
 * other, and are trusted when one of them is.
 */
export class Speaker {
  readonly #pods: Pick<NodePods, 'list'>;
  readonly #trusted: ReadonlySet<string>;

  constructor(pods: Pick<NodePods, 'list'>, trustedNamespaces: readonly string[]) {
    this.#pods = pods;
    this.#trusted = new Set(trustedNamespaces);
  }

  /** Who pushes from `address` may speak of; whoever names nobody means itself. */
  from(address: string): (named: Named) => Subject | 'foreign' | 'not_sender' {
    const plain = address.replace(/^::ffff:/, '');
    const senders = this.#pods.list().filter(({ addresses }) => addresses.includes(plain));
    const isTrusted = senders.some(({ namespace }) => this.#trusted.has(namespace));
    return (named) => {
      const { uid, namespace, pod: name, container } = named;
      const isNamed = uid !== undefined || name !== undefined;
      const [alone, ...others] = isTrusted ? [] : senders;
      const pod = isNamed
        ? this.#pods
            .list()
            .find((each) => (uid === undefined ? each.name === name && each.namespace === namespace : each.uid === uid))
        : others.length === 0
          ? alone
          : undefined;
      if (pod === undefined) return 'foreign';
      if (!isTrusted && !senders.includes(pod)) return 'not_sender';
      const known = pod.containers.some((each) => each.name === container);
      return { pod, container: known ? container : container === undefined ? onlyContainer(pod) : undefined };
    };
  }
}
