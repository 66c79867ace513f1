import type { DeclaredSource, Refusal, Told } from '../declared/declared-source.ts';
import type { OtlpPoint } from './otlp.ts';
import type { Speaker } from './speaker.ts';

/** What came of a request, for its answer. */
export interface Received {
  /** Points of declared metrics that were refused, by why. */
  readonly refused: Map<Refusal, number>;
}

/**
 * Takes the points of one request. Resource attributes say whose they are (`k8s.pod.uid`, else `k8s.namespace.name` and
 * `k8s.pod.name`, with `k8s.container.name`); the labels are the attributes of the point. `sinceMs` is when the agent began.
 */
export class OtlpReceiver implements Received {
  readonly refused = new Map<Refusal, number>();
  readonly #into: Pick<DeclaredSource, 'take' | 'refused'>;
  readonly #whose: ReturnType<Speaker['from']>;
  readonly #limits: { readonly sinceMs: number; readonly holdMs: number };

  constructor(
    into: Pick<DeclaredSource, 'take' | 'refused'>,
    whose: ReturnType<Speaker['from']>,
    limits: { readonly sinceMs: number; readonly holdMs: number },
  ) {
    this.#into = into;
    this.#whose = whose;
    this.#limits = limits;
  }

  readonly take = (point: OtlpPoint): void => {
    const { resource } = point;
    const subject = this.#whose({
      uid: resource.get('k8s.pod.uid'),
      namespace: resource.get('k8s.namespace.name'),
      pod: resource.get('k8s.pod.name'),
      container: resource.get('k8s.container.name'),
    });
    if (typeof subject === 'string') this.#into.refused[subject]++;
    const told = toldOf(point, this.#limits);
    if (told === undefined && typeof subject !== 'string') this.#into.refused.wrong_kind++;
    const why =
      typeof subject === 'string'
        ? subject
        : told === undefined
          ? 'wrong_kind'
          : this.#into.take(subject.pod, subject.container, told);
    if (why !== undefined) this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  };
}

/** Undefined for what no value can be made of: histograms, and differences of what may also fall. */
function toldOf(point: OtlpPoint, { sinceMs, holdMs }: { sinceMs: number; holdMs: number }): Told | undefined {
  const { name, attributes: labels, resource, value, startMs, atMs } = point;
  const instance = resource.get('service.instance.id') ?? '';
  const series = JSON.stringify([instance, ...[...labels].toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  const told = { name, labels, series, value, holdMs, ...(atMs > 0 && { atMs }) };
  if (point.kind === 'Gauge') return { ...told, as: { kind: 'Level' } };
  if (point.kind === 'Other' || point.temporality === 'Unspecified') return undefined;
  if (point.temporality === 'Delta') return point.isMonotonic ? { ...told, as: { kind: 'Added' } } : undefined;
  if (!point.isMonotonic) return { ...told, as: { kind: 'Level' } };
  // A gauge may be made of a count.
  return { ...told, as: { kind: 'Plain', sinceMs: startMs, isWhole: startMs > sinceMs } };
}
