/**
 * Tells the trace of each Incident when it has ended and nothing of it is left to do. What was told is known to this
 * process only: who begins to lead tells once more what ended just before, which changes nothing, for its spans have the
 * same ids.
 */
import type { Kinds } from '../controllers/context.ts';
import { isResolved } from '../controllers/incident/progress.ts';
import { byIncident } from '../controllers/look-ups.ts';
import { isLasting } from '../controllers/remediation/lasting.ts';
import type { Clock } from '../kube/clock.ts';
import { keyOf } from '../kube/store.ts';
import type { Span } from './span.ts';
import { spansOf } from './spans.ts';

export interface TracerOptions {
  readonly kinds: Pick<Kinds, 'incidents' | 'remediations'>;
  /** Takes the spans of one trace; false: there is no room for them now. */
  readonly offer: (spans: readonly Span[]) => boolean;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
}

/** What ended longer ago was told by who led then. */
const newsMs = 600_000;
/** So much later it is looked: one write of an end follows another, and what is told together is found together. */
const afterMs = 5000;

export class Tracer {
  readonly #options: TracerOptions;
  /** By key, the ids of the spans that were told; those of another Incident of that name are others. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  /** Keys of Incidents to look at. */
  readonly #changed = new Set<string>();
  #cancel: (() => void) | undefined;
  readonly #unsubscribe: (() => void)[];

  constructor(options: TracerOptions) {
    this.#options = options;
    const { incidents, remediations } = options.kinds;
    this.#unsubscribe = [
      incidents.onChange((key) => this.#note(key)),
      remediations.onChange((key) => {
        const remediation = remediations.get(key);
        if (remediation !== undefined)
          this.#note(`${remediation.metadata.namespace}/${remediation.spec.incidentRef.name}`);
      }),
    ];
  }

  /** Looks at everything; to be called when this process begins to lead. */
  resync(): void {
    for (const incident of this.#options.kinds.incidents.list()) this.#note(keyOf(incident));
  }

  stop(): void {
    this.#cancel?.();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #note(key: string): void {
    this.#changed.add(key);
    this.#cancel ??= this.#options.clock.after(afterMs, () => {
      this.#cancel = undefined;
      const keys = [...this.#changed];
      this.#changed.clear();
      for (const each of keys) this.#look(each);
    });
  }

  #look(key: string): void {
    const { kinds, offer, isLeader, clock } = this.#options;
    const incident = kinds.incidents.get(key);
    if (incident === undefined) this.#told.delete(key);
    if (incident === undefined || !isLeader() || !isResolved(incident)) return;
    const { uid } = incident.metadata;
    const remediations = kinds.remediations.where(byIncident, uid);
    if (!remediations.every(isLasting)) return;
    const spans = spansOf(incident, remediations);
    const endMs = Math.max(...spans.map((span) => span.endMs));
    if (clock.now() - endMs > newsMs) return;
    const known = this.#told.get(key) ?? new Set();
    const news = spans.filter(({ spanId }) => !known.has(spanId));
    if (news.length > 0 && offer(news)) this.#told.set(key, new Set(spans.map(({ spanId }) => spanId)));
  }
}
