/**
 * Does what the step function of a Remediation decides (`operator/decide/remediation.ts`): reads, saves, writes, and
 * asks again, until there is something to wait for. It decides nothing itself, and it acts only while it leads.
 */
import type { Remediation, RemediationStatus } from '../../../crds/remediation.ts';
import { readKey, type Answer } from '../../actions/live.ts';
import type { Decision, EventNote, Outcome } from '../../decide/decision.ts';
import { hasBegun, isFinished } from '../../decide/budget.ts';
import { isBlockedUnread } from '../../decide/guards.ts';
import { next } from '../../decide/remediation.ts';
import { hasReason, type KubeApi } from '../../kube/api.ts';
import { monotonicMs } from '../../kube/clock.ts';
import type { EventRecord } from '../../kube/events.ts';
import { Remediation as RemediationResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { keyOf } from '../../kube/store.ts';
import { describeTarget } from '../targets.ts';
import { aboutObject, aboutTarget } from '../references.ts';
import { needsSeal } from '../../audit/seal.ts';
import type { Auditor } from '../audit/auditor.ts';
import { undoFinalizer } from './finalizer.ts';
import { isLasting } from './lasting.ts';
import { guardrailsServeMs, LatestGuardrails } from './latest-guardrails.ts';
import type { RemediationMetrics } from './metrics.ts';
import { readAll, resultOf, writeAll } from './requests.ts';
import { lostPurpose, worldOf, type Outside } from './world.ts';

/**
 * Where a test may kill the process: the pre-image is stored and nothing is done; it is done and not yet noted; before or
 * after any single write, whoever makes it.
 */
export const faultPoints = ['BeforeAct', 'AfterAct', 'BeforeUndo', 'AfterUndo', 'BeforeWrite', 'AfterWrite'] as const;
export type FaultPoint = (typeof faultPoints)[number];

/** A step function that goes round in circles would otherwise never let go. */
const mostTurns = 200;
/** A target that changes under us again and again is left in peace for a while: each try costs a read and a write. */
const mostConflicts = 5;
const conflictPauseMs = 1000;
/**
 * What was read is not read again for so long: while it is blocked, when a thousand may be asked anew at every change of a
 * count; and while a claim waits for its echo, which takes longer than a moment only where an answer would, too. A change of
 * fields says by which version it was decided; before anything is deleted, evicted or made, it is read once more.
 */
const keptMs = 5000;
/** What was written to a target is noted so much later while other targets wait: until then, its pre-image is on record. */
const notedAfterMs = 1000;
/** Guardrails that are not known yet, or cannot be asked for, are asked for again so much later. */
const guardrailsAgainMs = 1000;
/** To find that it is still blocked by what is known without reading, older answers do; with these nothing else is decided. */
const unreadMs = 60_000;

/** Answers, and when the first of them was asked for. */
interface Kept {
  readonly live: Map<string, Answer>;
  readonly readMs: number;
}

/** What may be decided by what was read in an earlier run: everything, only to wait on, or only to note what was written. */
type Serves = 'All' | 'Wait' | 'Save';

type Write = Extract<Decision, { do: 'Write' }>;

export class RemediationController {
  readonly #outside: Outside;
  readonly #metrics: RemediationMetrics;
  readonly #auditor: Pick<Auditor, 'release'>;
  readonly #fault: (point: FaultPoint) => void;
  readonly #guardrails: LatestGuardrails;
  /** What was read for those that have not begun. */
  readonly #kept = new Map<string, Kept>();
  /** What was answered to a write that is not noted yet. */
  readonly #unnoted = new Map<string, Kept>();
  /** The UIDs of those that were let go, until the watch tells that they are gone: once is what it is sealed. */
  readonly #released = new Map<string, string | undefined>();

  constructor(
    outside: Outside,
    metrics: RemediationMetrics,
    auditor: Pick<Auditor, 'release'>,
    fault: (point: FaultPoint) => void = () => {},
  ) {
    this.#outside = outside;
    this.#metrics = metrics;
    this.#auditor = auditor;
    this.#fault = fault;
    this.#guardrails = new LatestGuardrails(outside.context);
  }

  readonly reconcile = async (key: string): Promise<{ requeueAfterMs?: number | undefined } | void> => {
    const news: EventRecord[] = [];
    try {
      return await this.#run(key, news);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      // It was deleted, and the watch has not told us yet.
      this.#outside.context.kinds.remediations.forget(key);
    } finally {
      // The way to the target goes first; what is told here has been saved.
      for (const event of news) this.#outside.context.events.record(event);
    }
  };

  async #run(key: string, news: EventRecord[]): Promise<{ requeueAfterMs?: number | undefined } | void> {
    const { kinds, isLeader, clock } = this.#outside.context;
    const known = kinds.remediations.get(key);
    if (known === undefined) {
      this.#released.delete(key);
      return this.#forget(key);
    }
    if (this.#released.has(key) && this.#released.get(key) === known.metadata.uid) return;
    let remediation: Remediation = known;
    let { kept, serves } = this.#takeKept(key, known);
    let readEarlier = kept.live.size > 0;
    let isPatched = false;
    let fresh = false;
    let outcome: Outcome | undefined;
    let leaseProblem: string | undefined;
    let conflicts = 0;
    /** For the write that comes next: when the Guardrails were found to be known, and whether the try is counted. */
    let [guardrailsKnownMs, isCounted] = [-Infinity, false];
    for (let turn = 0; turn < mostTurns; turn++) {
      if (!isLeader()) return;
      remediation = await this.#endWithoutPurpose(remediation);
      const decision = next(remediation, {
        ...worldOf(this.#outside, remediation),
        live: kept.live,
        fresh,
        outcome,
        leaseProblem,
      });
      if (serves !== 'All' && decision.do !== serves) {
        [kept, serves, readEarlier] = [this.#nothingRead(), 'All', false];
        continue;
      }
      const { live } = kept;
      switch (decision.do) {
        case 'Read':
          for (const [question, answer] of await readAll(this.#outside.context.api, decision.reads))
            live.set(question, answer);
          break;
        case 'Save':
          if (isPatched && this.#outside.isBusy()) {
            this.#unnoted.set(key, kept);
            return { requeueAfterMs: notedAfterMs };
          }
          if (serves === 'Save') [kept, serves, readEarlier] = [this.#nothingRead(), 'All', false];
          // So that nobody waits for the answer when the write follows.
          if (decision.status.startedTime !== undefined && decision.status.finishedTime === undefined)
            void this.#guardrails.ask();
          remediation = await this.#save(remediation, decision.status);
          news.push(...decision.events.flatMap((note) => eventsOf(remediation, note)));
          fresh = true;
          outcome = undefined;
          isPatched = false;
          break;
        case 'Reload':
          remediation = await this.#reload(remediation);
          fresh = true;
          break;
        case 'Write':
          if (decision.purpose === 'Act' && readEarlier && !isPatch(decision)) {
            [kept, readEarlier] = [this.#nothingRead(), false];
            continue;
          }
          // Whatever is waited for before a write may take seconds: it is made only if it is still what is decided then.
          if (decision.purpose === 'Act' && monotonicMs(clock) - guardrailsKnownMs >= guardrailsServeMs) {
            if (!(await this.#guardrails.areKnown(remediation))) return { requeueAfterMs: guardrailsAgainMs };
            guardrailsKnownMs = monotonicMs(clock);
            remediation = kinds.remediations.get(key) ?? remediation;
            continue;
          }
          if (decision.purpose === 'Undo') {
            const held = await this.#hold(remediation, true);
            const isHeld = held === remediation;
            remediation = held;
            if (!isHeld) continue;
          }
          if (decision.ahead !== undefined && !isCounted) {
            [remediation, isCounted] = [await this.#save(remediation, decision.ahead), true];
            continue;
          }
          [guardrailsKnownMs, isCounted] = [-Infinity, false];
          live.clear();
          kept = { live, readMs: monotonicMs(clock) };
          outcome = await this.#write(remediation, decision, live);
          isPatched = outcome.ok && isPatch(decision);
          if (!outcome.ok && outcome.status === 409 && ++conflicts === mostConflicts)
            return { requeueAfterMs: conflictPauseMs };
          break;
        case 'Lease': {
          const written = await writeAll(this.#outside.context.api, [decision.request], false);
          leaseProblem = written.ok || written.status === 409 ? undefined : written.message;
          live.delete(readKey(decision.request));
          break;
        }
        case 'Release':
          await this.#auditor.release(remediation);
          await this.#hold(remediation, false);
          this.#released.set(key, remediation.metadata.uid);
          return;
        case 'Wait':
          if (!hasBegun(remediation) && !isFinished(remediation)) this.#keep(key, kept);
          if (isLasting(remediation) && !needsSeal(remediation)) await this.#hold(remediation, false);
          if (decision.requeueAtMs === undefined) return;
          return { requeueAfterMs: Math.max(1, decision.requeueAtMs - clock.now()) };
      }
    }
    throw new Error(`remediation ${key} came to no rest within ${mostTurns} turns`);
  }

  /** What was read before and is still of use, and for what. */
  #takeKept(key: string, remediation: Remediation): { kept: Kept; serves: Serves } {
    const nowMs = monotonicMs(this.#outside.context.clock);
    const [unnoted, kept] = [this.#unnoted.get(key), this.#kept.get(key)];
    this.#forget(key);
    if (unnoted !== undefined && nowMs - unnoted.readMs < keptMs) return { kept: unnoted, serves: 'Save' };
    if (kept !== undefined && nowMs - kept.readMs < keptMs) return { kept, serves: 'All' };
    if (kept !== undefined && nowMs - kept.readMs < unreadMs && isBlockedUnread(remediation))
      return { kept, serves: 'Wait' };
    return { kept: this.#nothingRead(), serves: 'All' };
  }

  #forget(key: string): void {
    this.#kept.delete(key);
    this.#unnoted.delete(key);
  }

  #nothingRead(): Kept {
    return { live: new Map(), readMs: monotonicMs(this.#outside.context.clock) };
  }

  #keep(key: string, { live, readMs }: Kept): void {
    for (const [question, answer] of live) if (answer.is === 'Unreadable') live.delete(question);
    if (live.size > 0) this.#kept.set(key, { live, readMs });
  }

  /** Writes the status over the version that was read. */
  async #save(remediation: Remediation, status: RemediationStatus): Promise<Remediation> {
    const { api, kinds, logger } = this.#outside.context;
    const saved = await writeStatus(api, RemediationResource, remediation, status);
    kinds.remediations.wrote(saved);
    this.#metrics.saved(remediation, status);
    const line = status.timeline?.at(-1)?.what;
    if (line !== remediation.status?.timeline?.at(-1)?.what)
      logger.info('remediation went on', {
        remediation: keyOf(remediation),
        target: describeTarget(remediation.spec.target),
        what: line,
      });
    return saved;
  }

  async #reload(remediation: Remediation): Promise<Remediation> {
    const { api, kinds } = this.#outside.context;
    const { name, namespace } = remediation.metadata;
    const read = await api.get<Remediation>(RemediationResource, { name, namespace });
    kinds.remediations.wrote(read);
    return read;
  }

  /** Makes the requests; `live` gets the objects as they stand after it. */
  async #write(remediation: Remediation, write: Write, live: Map<string, Answer>): Promise<Outcome> {
    const { purpose, requests, dryRun, serviceAccountName } = write;
    const api = this.#apiOf(remediation, serviceAccountName);
    if (purpose !== 'DryRun') this.#fault(`Before${purpose}`);
    const stored = (key: string, answer: Answer): unknown => live.set(key, answer);
    const { clock } = this.#outside.context;
    const [askedMs, startedMs] = [clock.now(), monotonicMs(clock)];
    const outcome = await writeAll(api, requests, dryRun, stored);
    if (purpose !== 'DryRun') this.#fault(`After${purpose}`);
    this.#metrics.wrote(purpose, resultOf(outcome));
    if (purpose === 'Act') this.#metrics.act(monotonicMs(clock) - startedMs);
    if (purpose === 'Act' && outcome.ok) this.#observeReaction(remediation, askedMs);
    const { logger } = this.#outside.context;
    const fields = { remediation: keyOf(remediation), purpose, target: describeTarget(remediation.spec.target) };
    if (outcome.ok) logger.info('target written', fields);
    else {
      const failure = { ...fields, status: outcome.status, reason: outcome.reason, error: outcome.message };
      // Somebody else wrote in between, as happens: it is read again and decided anew.
      if (outcome.status === 409) logger.debug('target changed in between', failure);
      else logger.warn('target not written', failure);
    }
    return outcome;
  }

  /** Targets are changed in the name of the plan's account, so that its author gains nothing by us. */
  #apiOf({ metadata }: Remediation, serviceAccountName: string | undefined): KubeApi {
    const { api } = this.#outside.context;
    return serviceAccountName === undefined
      ? api
      : api.as(`system:serviceaccount:${metadata.namespace}:${serviceAccountName}`);
  }

  /**
   * Holds on to the record, or lets it go: the finalizer stands only while there is something to take back, so that a
   * namespace can be deleted when nothing is at stake, also without us.
   */
  async #hold(remediation: Remediation, wanted: boolean): Promise<Remediation> {
    const { api, kinds } = this.#outside.context;
    const { name, namespace, uid, resourceVersion, finalizers = [], deletionTimestamp } = remediation.metadata;
    // None can be added to what is being deleted.
    if (finalizers.includes(undoFinalizer) === wanted || (wanted && deletionTimestamp !== undefined))
      return remediation;
    const others = finalizers.filter((finalizer) => finalizer !== undoFinalizer);
    const body = { metadata: { uid, resourceVersion, finalizers: wanted ? [...others, undoFinalizer] : others } };
    const patch = { type: 'merge', body } as const;
    const manager = { fieldManager: 'homeostat' };
    const held = await api.patch<Remediation>(RemediationResource, { name, namespace }, patch, manager);
    if (deletionTimestamp === undefined) kinds.remediations.wrote(held);
    else kinds.remediations.forget(keyOf(remediation));
    return held;
  }

  /**
   * What it was done for is no more (policy, plan or incident deleted): asks for an end as a person would, so that the
   * wish is on record and outlives us. What has come to its end for good is left as it is.
   */
  async #endWithoutPurpose(remediation: Remediation): Promise<Remediation> {
    const { spec, status, metadata } = remediation;
    if (metadata.deletionTimestamp !== undefined || spec.undoRequested !== undefined) return remediation;
    const hasBegun = status?.startedTime !== undefined;
    if (isLasting(remediation) || (!hasBegun && spec.cancelRequested !== undefined)) return remediation;
    const reason = lostPurpose(this.#outside, remediation);
    if (reason === undefined) return remediation;
    const wish = { by: 'homeostat', reason };
    const { api, kinds } = this.#outside.context;
    const { name, namespace, uid, resourceVersion } = metadata;
    const body = {
      metadata: { uid, resourceVersion },
      spec: hasBegun ? { undoRequested: wish } : { cancelRequested: wish },
    };
    const patched = await api.patch<Remediation>(
      RemediationResource,
      { name, namespace },
      { type: 'merge', body },
      { fieldManager: 'homeostat' },
    );
    kinds.remediations.wrote(patched);
    return patched;
  }

  #observeReaction({ metadata, spec, status }: Remediation, askedMs: number): void {
    const { kinds, clock } = this.#outside.context;
    const isFirst = (status?.steps ?? []).filter(({ state }) => state !== 'Pending').length === 1;
    const incident = kinds.incidents.get(`${metadata.namespace}/${spec.incidentRef.name}`);
    if (!isFirst || spec.attempt !== 1 || spec.mode !== 'Enforce' || incident === undefined) return;
    const openedMs = Date.parse(incident.spec.openedTime);
    this.#metrics.reaction(askedMs - openedMs, clock.now() - openedMs);
  }
}

/** Whether it only changes fields, so that what is there tells whether it was made. */
const isPatch = ({ purpose, requests }: Write): boolean =>
  purpose === 'Act' && requests.every(({ verb }) => verb === 'patch');

/** On the Remediation and, where the note is about a change, on its target and on what is changed. */
function eventsOf(
  remediation: Remediation,
  { type, reason, action, note, about, changed = [] }: EventNote,
): EventRecord[] {
  const own = aboutObject(RemediationResource, remediation);
  const target = aboutTarget(remediation.spec.target);
  const told = { type, reason, action, note };
  const first: EventRecord = { ...told, regarding: own, related: target };
  if (about !== 'Target') return [first];
  const others = changed.filter(({ uid }) => uid !== target.uid);
  return [first, ...[target, ...others].map((regarding) => Object.assign({ regarding, related: own }, told))];
}
