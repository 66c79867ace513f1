/**
 * Leadership by a Lease, with client-go's semantics. Another machine's clock is never trusted: a candidate observes
 * that the Lease *changed* and measures from there with its own clock. Numbers: a lease lasts 15 s, whoever cannot renew
 * it for 10 s stops acting, tries are 2 s apart; so a leader has stopped 5 s before anybody may follow. Every write
 * carries the resourceVersion seen. A Lease is not a fence: every act needs a precondition of its own.
 */
import { abortable } from './abortable.ts';
import { hasReason, type KubeApi, type KubeObject } from './api.ts';
import { type Clock, monotonicMs } from './clock.ts';
import { errorFields, type Logger } from './logger.ts';
import { Lease } from './resources.ts';
import { toMicroTime } from './time.ts';

export interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaderElectionOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  /** The Lease's name, the same for all candidates. */
  readonly name: string;
  /** Who this candidate is; unique to the process, such as `<pod>_<random>`. */
  readonly identity: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Called when leadership begins. */
  readonly onStartedLeading: () => void;
  /** Called once leadership is over, for whatever reason; when it is given up, the Lease is released only after this. */
  readonly onStoppedLeading: () => void | Promise<void>;
  /** Defaults 15,000, 10,000 and 2,000. */
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

const fieldManager = 'homeostat';

export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #stopping = new AbortController();
  /** The Lease as last seen, and when on our clock it was first seen so. */
  #seen: { readonly lease: LeaseObject; readonly atMs: number } | undefined;
  /** While leading: when the last successful renewal was begun. */
  #renewedMs: number | undefined;
  #cancelDeadline = (): void => {};
  #stopped: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2000;
  }

  /** Begins to try. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Whether this process may act now. False well before anybody else can get the Lease, also when timers run late. */
  isLeader(): boolean {
    return this.#renewedMs !== undefined && monotonicMs(this.#options.clock) - this.#renewedMs < this.#renewDeadlineMs;
  }

  /**
   * Who leads as far as is known; undefined when nobody does: the Lease is free, its holder has let it expire, or it is in
   * our name and we could not renew it.
   */
  get holder(): string | undefined {
    const holder = this.#seen?.lease.spec?.holderIdentity;
    const leads = holder === this.#options.identity ? this.isLeader() : !this.#expired();
    return leads ? holder || undefined : undefined;
  }

  /** Stops leading, waits for `onStoppedLeading`, then releases the Lease, so that another one need not wait 15 s. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    const led = this.#renewedMs !== undefined;
    this.#lose('leadership given up');
    await this.#stopped;
    if (led) await this.#release();
  }

  async #run(): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await abortable(this.#stopped, signal); // Never begin again before the last end has been dealt with.
        await this.#within(this.#renewDeadlineMs / 2, (late) => this.#attempt(late));
      } catch (error) {
        if (!signal.aborted) logger.warn('lease could not be renewed', errorFields(error));
      }
      const pause = Promise.withResolvers<void>();
      const cancel = clock.after(this.#retryPeriodMs * (1 + 0.2 * random()), pause.resolve);
      await abortable(pause.promise, signal).catch(() => {}); // Stopped: the loop sees that itself.
      cancel();
    }
  }

  /** One try to get or keep the Lease. An answer that comes after `late` is not looked at any more. */
  async #attempt(late: AbortSignal): Promise<void> {
    const { clock, identity } = this.#options;
    const begunMs = monotonicMs(clock);
    const lease = await this.#read(late);
    if (lease === undefined) return this.#won(await this.#create(late), begunMs);
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && !this.#expired()) {
      // Somebody else has it: whatever we believed, we do not lead.
      this.#lose('leadership lost to another process');
      return;
    }
    this.#won(await this.#write(lease, holder === identity, late), begunMs);
  }

  /** The Lease now; notes when it changed. A leader goes by what it wrote last: a conflict will say that it is wrong. */
  async #read(late: AbortSignal): Promise<LeaseObject | undefined> {
    const { api, namespace, name, clock } = this.#options;
    if (this.isLeader() && this.#seen !== undefined) return this.#seen.lease;
    try {
      const lease = await abortable(api.get<LeaseObject>(Lease, { namespace, name }), late);
      if (this.#seen?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
        this.#seen = { lease, atMs: monotonicMs(clock) };
      }
      return lease;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Whether the Lease has not changed for as long as its holder said it lasts. */
  #expired(): boolean {
    const { clock } = this.#options;
    if (this.#seen === undefined) return false;
    const seconds = this.#seen.lease.spec?.leaseDurationSeconds;
    const lastsMs = seconds === undefined ? this.#leaseDurationMs : seconds * 1000;
    return monotonicMs(clock) - this.#seen.atMs >= lastsMs;
  }

  #create(late: AbortSignal): Promise<LeaseObject> {
    const { api, namespace, name, clock } = this.#options;
    const now = toMicroTime(clock.now());
    const spec = { ...this.#claim(), acquireTime: now, renewTime: now, leaseTransitions: 0 };
    const lease: LeaseObject = { metadata: { namespace, name }, spec };
    return abortable(api.create<LeaseObject>(Lease, lease, { fieldManager }), late);
  }

  async #write(lease: LeaseObject, renewal: boolean, late: AbortSignal): Promise<LeaseObject> {
    const { api, clock } = this.#options;
    const now = toMicroTime(clock.now());
    const changes = renewal ? {} : { acquireTime: now, leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1 };
    const claimed: LeaseObject = { ...lease, spec: { ...lease.spec, ...this.#claim(), ...changes, renewTime: now } };
    try {
      return await abortable(api.replace<LeaseObject>(Lease, claimed, { fieldManager }), late);
    } catch (error) {
      this.#seen = renewal ? undefined : this.#seen; // What we held may not be ours any more: look at it next time.
      throw error;
    }
  }

  #claim(): { holderIdentity: string; leaseDurationSeconds: number } {
    return { holderIdentity: this.#options.identity, leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000) };
  }

  /** Our claim was stored. The lease counts from when the request was begun: it cannot expire earlier than that. */
  #won(lease: LeaseObject, begunMs: number): void {
    const { clock, logger, identity, onStartedLeading } = this.#options;
    this.#seen = { lease, atMs: monotonicMs(clock) };
    const leftMs = begunMs + this.#renewDeadlineMs - monotonicMs(clock);
    if (leftMs <= 0 || this.#stopping.signal.aborted) return; // The answer came too late to act on.
    const begins = this.#renewedMs === undefined;
    this.#renewedMs = begunMs;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(leftMs, () => this.#lose('leadership lost: the lease was not renewed in time'));
    if (!begins) return;
    logger.info('leadership acquired', { identity });
    void this.#guarded(onStartedLeading);
  }

  #lose(message: string): void {
    this.#cancelDeadline();
    if (this.#renewedMs === undefined) return;
    this.#renewedMs = undefined;
    const { logger, identity, onStoppedLeading } = this.#options;
    logger.info(message, { identity });
    this.#stopped = this.#guarded(onStoppedLeading);
  }

  async #guarded(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#options.logger.error('leadership callback threw', errorFields(error));
    }
  }

  /** Gives the Lease away, if it is still ours. */
  async #release(): Promise<void> {
    const { api, namespace, name, clock, identity, logger } = this.#options;
    try {
      await this.#within(2000, async () => {
        const lease = await api.get<LeaseObject>(Lease, { namespace, name });
        if (lease.spec?.holderIdentity !== identity) return;
        const renewTime = toMicroTime(clock.now());
        const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime };
        const released: LeaseObject = { ...lease, spec };
        await api.replace(Lease, released, { fieldManager });
      });
    } catch (error) {
      logger.warn('lease could not be released', errorFields(error));
    }
  }

  async #within<T>(ms: number, call: (late: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = this.#options.clock.after(ms, () => late.abort());
    try {
      return await abortable(call(late.signal), late.signal);
    } catch (error) {
      throw late.signal.aborted ? new LateError(`no answer within ${ms / 1000} s`, { cause: error }) : error;
    } finally {
      cancel();
    }
  }
}

/** The API server did not answer in time. */
class LateError extends Error {
  override readonly name = 'LateError';
  readonly reason = 'Timeout';
}
