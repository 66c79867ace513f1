/**
 * A pod and its containers as targets, in as few objects as can be: a cluster has a hundred thousand of them. A target is
 * the identity of its rows as well, for it knows whom else they count for; names and the like it looks up in what is kept
 * of the pod.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import { parseTime } from '../kube/time.ts';
import { namesOf, runsOf, startOf, statusOf } from './identity.ts';
import type { PodView } from './views.ts';

export class PodTarget implements Target, RowIdentity {
  readonly uid: string;
  readonly Workload: Target | undefined;
  readonly Node: Target | undefined;
  /** The only one as it is: an object less for most pods. */
  readonly #containers: ContainerTarget | readonly ContainerTarget[];
  #view: PodView;
  /** Whole seconds, as Kubernetes has it, are small numbers, which need no object of their own. */
  readonly #startedSeconds: number | undefined;

  /** `workload` and `node` are the targets that the pod counts for, as far as they are known. */
  constructor(view: PodView, workload: Target | undefined, node: Target | undefined) {
    this.uid = view.metadata.uid ?? '';
    this.#view = view;
    this.#startedSeconds = secondsOf(parseTime(view.status.startTime));
    this.Workload = workload;
    this.Node = node;
    const containers = namesOf(view).map((name) => new ContainerTarget(this, name, startOf(statusOf(view, name))));
    const [only] = containers;
    this.#containers = containers.length === 1 && only !== undefined ? only : containers;
  }

  get kind() {
    return 'Pod' as const;
  }
  get key(): string {
    return `Pod/${this.uid}`;
  }
  get namespace(): string {
    return this.#view.metadata.namespace ?? '';
  }
  get name(): string {
    return this.#view.metadata.name;
  }
  get node(): string | undefined {
    return this.#view.spec.nodeName;
  }
  get workload(): Target['workload'] {
    return this.Workload?.workload;
  }
  get labels(): Target['labels'] {
    return this.#view.metadata.labels ?? {};
  }
  get startedMs(): number | undefined {
    return millisecondsOf(this.#startedSeconds);
  }
  get Pod(): this {
    return this;
  }
  get Container(): undefined {
    return undefined;
  }

  /** What is known of the pod. */
  get view(): PodView {
    return this.#view;
  }

  get containers(): readonly ContainerTarget[] {
    const containers = this.#containers;
    return containers instanceof ContainerTarget ? [containers] : containers;
  }

  /** The container that a row names: by its name, or by the runtime's id (hex) of its present or its last run. */
  containerNamed(named: string): ContainerTarget | undefined {
    const run = `://${named}`;
    return this.containers.find(({ container }) => {
      return container === named || runsOf(statusOf(this.#view, container)).some((id) => id?.endsWith(run));
    });
  }

  /** Whether it says the same as another one of all that a target is. */
  equals(other: PodTarget): boolean {
    return isDeepStrictEqual(described(this), described(other));
  }

  /** The same target, of which is known what is known of an equal one. */
  knowing(equal: PodTarget): this {
    this.#view = equal.#view;
    return this;
  }
}

export class ContainerTarget implements Target, RowIdentity {
  readonly Pod: PodTarget;
  readonly container: string;
  readonly #startedSeconds: number | undefined;

  constructor(pod: PodTarget, container: string, startedMs: number | undefined) {
    this.Pod = pod;
    this.container = container;
    this.#startedSeconds = secondsOf(startedMs);
  }

  get kind() {
    return 'Container' as const;
  }
  get key(): string {
    return `Container/${this.uid}/${this.container}`;
  }
  get uid(): string {
    return this.Pod.uid;
  }
  get namespace(): string {
    return this.Pod.namespace;
  }
  get name(): string {
    return this.Pod.name;
  }
  get node(): string | undefined {
    return this.Pod.node;
  }
  get workload(): Target['workload'] {
    return this.Pod.workload;
  }
  get labels(): Target['labels'] {
    return this.Pod.labels;
  }
  get startedMs(): number | undefined {
    return millisecondsOf(this.#startedSeconds);
  }
  get Workload(): Target | undefined {
    return this.Pod.Workload;
  }
  get Node(): Target | undefined {
    return this.Pod.Node;
  }
  get Container(): this {
    return this;
  }
}

const described = ({ uid, namespace, name, node, labels, startedMs, Workload, Node, containers }: PodTarget) => [
  [uid, namespace, name, node, labels, startedMs, Workload, Node],
  containers.map(({ container, startedMs: since }) => [container, since]),
];

const secondsOf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
const millisecondsOf = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.round(1000 * seconds);
