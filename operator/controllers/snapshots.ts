/** What decisions count by: every Remediation as the watch last told it, and nothing of our own besides. */
import type { Remediation } from '../../crds/remediation.ts';
import { follow, type Difference } from '../decide/ledger.ts';
import type { Watched } from './records.ts';

/** Of so many differences, counting anew is no dearer than counting on. */
const mostDifferences = 1000;

export class Snapshots {
  readonly #watched: Watched<Remediation> & { readonly hasSynced: boolean };
  readonly #wanted: (remediation: Remediation) => boolean;
  #last: readonly Remediation[] | undefined;
  #differences: Difference[] = [];

  /** Those that are not `wanted` are in none. */
  constructor(
    watched: Watched<Remediation> & { readonly hasSynced: boolean },
    wanted: (remediation: Remediation) => boolean = () => true,
  ) {
    this.#watched = watched;
    this.#wanted = wanted;
    watched.onEvent(({ type, object, old }) => {
      const before = old !== undefined && wanted(old) ? old : undefined;
      const now = type !== 'DELETED' && wanted(object) ? object : undefined;
      if (before !== undefined || now !== undefined) this.#differences.push({ before, now });
      if (this.#differences.length <= mostDifferences) return;
      this.#last = undefined;
      this.#differences = [];
    });
  }

  /** The same one as long as nothing changes; undefined before all were known. */
  latest(): readonly Remediation[] | undefined {
    if (!this.#watched.hasSynced) return undefined;
    if (this.#last !== undefined && this.#differences.length === 0) return this.#last;
    const snapshot = [...this.#watched.store.list()].filter(this.#wanted);
    if (this.#last !== undefined) follow(this.#last, snapshot, this.#differences);
    this.#differences = [];
    this.#last = snapshot;
    return snapshot;
  }
}
