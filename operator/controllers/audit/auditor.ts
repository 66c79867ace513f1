/**
 * Puts Remediations into the chain of their namespace. A link is appended to the anchor first, over the version that was
 * read, and then written into its Remediation; the anchor names it until that is seen to be done. So a crash between the
 * two loses nothing, and of two leaders only one appends. One thing is done at a time.
 */
import type { Remediation, RemediationStatus } from '../../../crds/remediation.ts';
import {
  appended,
  closed,
  forgetting,
  hasLink,
  linksOf,
  telling,
  type Anchor,
  type Pending,
} from '../../audit/anchor.ts';
import { canonical } from '../../audit/canonical.ts';
import { evidenceOf } from '../../audit/contents.ts';
import { needsSeal, sealOf } from '../../audit/seal.ts';
import { ApiError, hasReason } from '../../kube/api.ts';
import { Remediation as RemediationResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { keyOf } from '../../kube/store.ts';
import { toTime } from '../../decide/time.ts';
import type { Context } from '../context.ts';
import { Anchors } from './anchors.ts';
import { sha256 } from './digest.ts';
import type { AuditMetrics } from './metrics.ts';

/** Links that are appended with one write of the anchor: so many, and as many more characters as these. */
const mostLinks = 50;
const mostCharacters = 200_000;

export class Auditor {
  readonly #context: Context;
  readonly #metrics: AuditMetrics;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: Context, metrics: AuditMetrics) {
    this.#context = context;
    this.#metrics = metrics;
  }

  /** Seals what has ended in a namespace. Returns whether there is more to seal. */
  seal(namespace: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const { rootNamespace, api } = this.#context;
      const anchors = await Anchors.read(api, rootNamespace);
      const anchor = anchors.of(namespace);
      await this.#deliver(namespace, anchor);
      const waiting = this.#remediationsOf(namespace)
        .filter((remediation) => remediation.metadata.deletionTimestamp === undefined && needsSeal(remediation))
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
      const next = this.#append(anchor, waiting);
      if (next === anchor) return false;
      await anchors.put(namespace, next);
      this.#metrics.appended(next.pending.length);
      await this.#deliver(namespace, next);
      return next.pending.length < waiting.length;
    });
  }

  /** Notes that the links of these go by right, before they are deleted. What cannot be noted may not be deleted. */
  forget(namespace: string, remediations: readonly Remediation[]): Promise<void> {
    return this.#inTurn(async () => {
      const anchors = await Anchors.read(this.#context.api, this.#context.rootNamespace);
      const anchor = anchors.of(namespace);
      const next = forgetting(
        anchor,
        remediations.flatMap((remediation) => linksOf(anchor, remediation)),
      );
      if (canonical(next) !== canonical(anchor)) await anchors.put(namespace, next);
    });
  }

  /**
   * Seals a Remediation that is being deleted and notes its deletion, before its finalizer goes. Where that is refused the
   * deletion is not held up: a namespace must be able to go. Then it is told to the log, and missing from the chain.
   */
  release(remediation: Remediation): Promise<void> {
    const { namespace = '', name } = remediation.metadata;
    return this.#inTurn(async () => {
      const { api, rootNamespace, clock, logger } = this.#context;
      try {
        const anchors = await Anchors.read(api, rootNamespace);
        const anchor = anchors.of(namespace);
        await this.#deliver(namespace, anchor);
        const isNew =
          needsSeal(remediation) && linksOf(anchor, remediation).length === (remediation.status?.seals ?? []).length;
        const next = isNew ? this.#append(anchor, [remediation]) : anchor;
        const links = linksOf(next, remediation);
        if (links.length === 0) return;
        await anchors.put(namespace, telling(forgetting(next, links), { name, time: toTime(clock.now()) }));
        if (isNew) this.#metrics.appended(1);
      } catch (error) {
        if (!(error instanceof ApiError) || ![403, 404].includes(error.status)) throw error;
        logger.warn('deletion not sealed', { remediation: keyOf(remediation), error: error.message });
      }
    });
  }

  /** Notes that a namespace is gone, and with it all its Remediations. */
  close(namespace: string): Promise<void> {
    return this.#inTurn(async () => {
      const anchors = await Anchors.read(this.#context.api, this.#context.rootNamespace);
      const anchor = anchors.of(namespace);
      const next = closed(anchor);
      if (canonical(next) !== canonical(anchor)) await anchors.put(namespace, next);
    });
  }

  /** The anchor with as many further links as one write takes; the same one when there are none. */
  #append(anchor: Anchor, waiting: readonly Remediation[]): Anchor {
    const time = toTime(this.#context.clock.now());
    const links: Pending[] = [];
    let { head } = anchor;
    let characters = 0;
    for (const remediation of waiting.slice(0, mostLinks)) {
      if (characters > mostCharacters) break;
      const { name, uid = '' } = remediation.metadata;
      const seal = sealOf(remediation, head, { time, evidence: this.#evidenceOf(remediation), digest: sha256 });
      links.push({ name, uid, seal });
      head = { sequence: seal.sequence, hash: seal.hash, name };
      characters += JSON.stringify(seal).length;
    }
    return appended(anchor, links);
  }

  #evidenceOf({ metadata, spec }: Remediation): string | undefined {
    const incident = this.#context.kinds.incidents.get(`${metadata.namespace}/${spec.incidentRef.name}`);
    return incident?.metadata.uid === spec.incidentRef.uid ? sha256(canonical(evidenceOf(incident))) : undefined;
  }

  /** Writes the links that the anchor names into their Remediations, as far as they are not there yet. */
  async #deliver(namespace: string, { pending }: Anchor): Promise<void> {
    const { kinds } = this.#context;
    for (const { name, uid, seal } of pending) {
      const known = kinds.remediations.get(`${namespace}/${name}`);
      // One that is gone shows as removed: by us only what was noted before is removed.
      if (known?.metadata.uid !== uid || hasLink(known.status?.seals ?? [], seal)) continue;
      const seals = [...(known.status?.seals ?? []), seal].toSorted((a, b) => a.sequence - b.sequence);
      const { hash, previousHash } = seals.at(-1) ?? seal;
      const status: RemediationStatus = { ...known.status, seals, hash, previousHash };
      try {
        kinds.remediations.wrote(await writeStatus(this.#context.api, RemediationResource, known, status));
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
        kinds.remediations.forget(keyOf(known));
      }
    }
  }

  #remediationsOf(namespace: string): Remediation[] {
    return [...this.#context.kinds.remediations.list()].filter(({ metadata }) => metadata.namespace === namespace);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** By the time of its end. */
const placeOf = ({ metadata, status }: Remediation): string => `${status?.finishedTime} ${metadata.name}`;
