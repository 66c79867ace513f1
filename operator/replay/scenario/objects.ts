import type { RowIdentity, Target } from '../../../engine/evaluate/target.ts';
import { startMs, type Measured } from '../../../engine/evaluate/testing/stream.ts';
import { ScenarioError, type ObjectSpec, type ScenarioSpec, type SeriesSpec } from './scenario.ts';

/** What the series of a scenario are of; names serve as UIDs. */
export class Objects {
  readonly #given: ScenarioSpec['objects'];
  readonly #namespace: string;

  /** `namespace`: of what has none. */
  constructor(given: ScenarioSpec['objects'], namespace: string) {
    this.#given = given;
    this.#namespace = namespace;
  }

  /** The row and the identity of a series. Throws a ScenarioError. */
  measured({ of, startedSeconds }: Pick<SeriesSpec, 'of' | 'startedSeconds'>): Measured {
    const started = startedSeconds === undefined ? {} : { startedMs: startMs + startedSeconds * 1000 };
    const [kind = '', path = ''] = of.trim().split(/\s+/);
    const [pod = '', container = ''] = path.split('/');
    const [name = '', id = name] = container.split('#');
    switch (kind) {
      case 'node': {
        const node = path === '' ? 'n1' : path;
        return { row: { scope: 'Node', uid: node }, identity: { Node: this.#node(node) } };
      }
      case 'workload': {
        const workload = path === '' ? 'web' : path;
        return { row: { scope: 'Workload', uid: workload }, identity: { Workload: this.#workload(workload) } };
      }
      case 'pod':
        if (pod === '') break;
        return { row: { scope: 'Pod', uid: pod }, identity: this.#pod(pod, started) };
      case 'container': {
        if (pod === '' || name === '') break;
        const identity = this.#pod(pod, started);
        const Container: Target = {
          ...this.#common(pod),
          kind: 'Container',
          key: `Container/${pod}/${name}`,
          container: name,
          ...started,
        };
        return { row: { scope: 'Container', uid: pod, container: id }, identity: { ...identity, Container } };
      }
    }
    throw new ScenarioError(
      `"${of}" is nothing that is measured: give node NAME, workload NAME, pod NAME, or container POD/NAME`,
    );
  }

  #node(name: string): Target {
    const { labels = {} } = this.#spec(`node ${name}`);
    return { kind: 'Node', key: `Node/${name}`, uid: name, namespace: '', name, node: name, labels };
  }

  #workload(name: string, inNamespace?: string): Target {
    const { labels = {}, namespace = inNamespace ?? this.#namespace } = this.#spec(`workload ${name}`);
    const workload = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: name };
    return { kind: 'Workload', key: `Workload/${name}`, uid: name, namespace, name, workload, labels };
  }

  #pod(name: string, started: { startedMs?: number }): RowIdentity {
    const { node = 'n1', workload = 'web', namespace } = this.#spec(`pod ${name}`);
    const Pod: Target = { ...this.#common(name), kind: 'Pod', key: `Pod/${name}`, ...started };
    return { Node: this.#node(node), Workload: this.#workload(workload, namespace), Pod };
  }

  #common(pod: string): Omit<Target, 'kind' | 'key'> {
    const { labels = {}, node = 'n1', workload: name = 'web', namespace = this.#namespace } = this.#spec(`pod ${pod}`);
    const { workload } = this.#workload(name);
    return { uid: pod, namespace, name: pod, node, ...(workload && { workload }), labels };
  }

  #spec(word: string): ObjectSpec {
    return this.#given[word] ?? {};
  }
}
