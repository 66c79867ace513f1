/**
 * The way between one process and the API server: every request and every answer takes its time, answers get lost, and
 * the server refuses what it would have taken a moment later. What is on its way when the process dies arrives all the same.
 */
import type { ApiError, WatchOptions } from '../kube/api.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import { conflict, expired, internal, invalid, timeout, tooManyRequests, unreachable } from '../testing/api-errors.ts';
import { RequestClient } from '../testing/api-server.ts';
import type { Process } from './process.ts';
import { hashOf } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';
import { WatchPipe, type WatchWeather } from './watch-pipe.ts';

/** What can go wrong with a request. `LostBefore` never arrives, `LostAfter` is done and its answer lost, `Slow` takes seconds. */
export const faultKinds = [
  'Conflict',
  'Invalid',
  'Throttled',
  'Internal',
  'Expired',
  'LostBefore',
  'LostAfter',
  'Slow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Which requests a fault is for. */
export const requestClasses = ['OwnWrite', 'TargetWrite', 'TargetRead', 'LeaseWrite', 'List'] as const;
export type RequestClass = (typeof requestClasses)[number];

export interface WireFault {
  readonly on: RequestClass;
  readonly kind: FaultKind;
  /** How many requests it still befalls. */
  count: number;
  /** Or until when it does. */
  readonly untilMs?: number | undefined;
  /** Only requests for this object. */
  readonly name?: string | undefined;
}

/** When the process is to be killed: at so many writes from now, before it is sent or after it was stored. */
export interface KillPoint {
  writes: number;
  readonly when: 'before' | 'after';
}

export interface WireOptions {
  readonly time: VirtualTime;
  readonly process: Process;
  readonly seed: number;
  /** Names the process in the server's eyes. */
  readonly origin: string;
  readonly server: { serve(request: ApiRequest): Promise<unknown> };
  /** Told of every request at the moment in which the process sends it. */
  readonly onSend: (request: ApiRequest) => void;
  readonly onKilled: () => void;
}

/** As HttpKubeApi: a request is given up after so long. */
const patienceMs = 15_000;

export class Wire extends RequestClient {
  readonly #options: WireOptions;
  readonly #counts = new Map<string, number>();
  readonly #weather = new Map<string, WatchWeather>();
  readonly #pipes = new Set<WatchPipe>();
  readonly faults: WireFault[] = [];
  killPoint: KillPoint | undefined;

  constructor(options: WireOptions) {
    super();
    this.#options = options;
  }

  /** The weather of a kind's watches, to be changed at will. */
  weather(kind: string): WatchWeather {
    const found = this.#weather.get(kind) ?? { stalledUntilMs: 0, lagMs: 0, duplicates: 0 };
    this.#weather.set(kind, found);
    return found;
  }

  /** Cuts every watch. */
  cutWatches(): void {
    for (const pipe of this.#pipes) pipe.cut();
  }

  /** Nothing goes wrong any more. */
  calm(): void {
    this.faults.length = 0;
    this.killPoint = undefined;
    for (const weather of this.#weather.values())
      Object.assign(weather, { stalledUntilMs: 0, lagMs: 0, duplicates: 0 });
  }

  serve(request: ApiRequest): Promise<unknown> {
    if (request.verb === 'watch') return Promise.resolve(this.#watch(request));
    return this.#ask(request);
  }

  async *#watch(request: ApiRequest): AsyncIterable<unknown> {
    const { time, process } = this.#options;
    const { kind } = request.resource;
    const pipe = new WatchPipe({
      time,
      process,
      weather: this.weather(kind),
      latencyMs: () => this.#latencyMs(`event ${kind}`),
      open: (options) => this.#ask({ ...request, options }),
    });
    this.#pipes.add(pipe);
    try {
      yield* pipe.events(request.options as WatchOptions);
    } finally {
      this.#pipes.delete(pipe);
    }
  }

  #ask(request: ApiRequest): Promise<unknown> {
    const { process, onSend } = this.#options;
    // What would have followed in the very moment of its death.
    if (!process.isAlive) return new Promise(() => {});
    const isWrite = isWriting(request);
    const kill = isWrite && this.#isKilledNow();
    if (kill === 'before') return this.#die();
    if (isWrite) onSend(request);
    const fault = this.#faultOf(request);
    return new Promise((resolve, reject) => {
      const give = process.after(patienceMs, () => reject(timeout()));
      const answer = (settle: () => void): void =>
        process.deliver(() => {
          give();
          settle();
        });
      void this.#travel(request, fault, kill === 'after').then(
        (value) => answer(() => resolve(value)),
        (error: unknown) => answer(() => reject(error)),
      );
    });
  }

  /** There and back. */
  async #travel(request: ApiRequest, fault: FaultKind | undefined, killed: boolean): Promise<unknown> {
    const { time, server, origin } = this.#options;
    const what = `${request.verb} ${request.resource.kind} ${request.name ?? ''} ${request.subresource ?? ''}`;
    const slowMs = fault === 'Slow' ? 1000 + this.#latencyMs(`slow ${what}`) * 500 : 0;
    await time.sleep(this.#latencyMs(what) + slowMs);
    if (fault === 'LostBefore') throw unreachable();
    const refusal = refusalOf(fault, request);
    if (refusal !== undefined) throw refusal;
    let done: unknown;
    try {
      done = await server.serve({ ...request, origin });
    } finally {
      if (killed) await this.#die();
    }
    if (request.verb === 'watch') return done;
    await time.sleep(this.#latencyMs(`${what} back`));
    if (fault === 'LostAfter') throw timeout();
    return done;
  }

  /** The same for the same request of the same process, whatever else happens. */
  #latencyMs(what: string): number {
    const { seed, origin } = this.#options;
    const count = this.#counts.get(what) ?? 0;
    this.#counts.set(what, count + 1);
    return 1 + (hashOf(seed, `${origin} ${what} ${count}`) % 24);
  }

  #faultOf(request: ApiRequest): FaultKind | undefined {
    const nowMs = this.#options.time.now();
    const on = classOf(request);
    const fault = this.faults.find(
      (each) =>
        each.on === on &&
        (each.untilMs === undefined ? each.count > 0 : nowMs < each.untilMs) &&
        (each.name === undefined || each.name === request.name),
    );
    if (fault === undefined) return undefined;
    fault.count--;
    return fault.kind;
  }

  #isKilledNow(): 'before' | 'after' | undefined {
    if (this.killPoint === undefined || --this.killPoint.writes > 0) return undefined;
    const { when } = this.killPoint;
    this.killPoint = undefined;
    return when;
  }

  /** Nobody is left to hear the answer. */
  #die(): Promise<never> {
    this.#options.process.kill();
    this.#options.onKilled();
    return new Promise(() => {});
  }
}

const isWriting = ({ verb, options, resource }: ApiRequest): boolean =>
  !['get', 'list', 'watch'].includes(verb) &&
  resource.kind !== 'SelfSubjectAccessReview' &&
  !(options !== undefined && 'dryRun' in options && options.dryRun === true);

function classOf(request: ApiRequest): RequestClass | undefined {
  const { resource, verb } = request;
  if (verb === 'watch' || resource.kind === 'SelfSubjectAccessReview') return undefined;
  if (resource.kind === 'Lease') return isWriting(request) ? 'LeaseWrite' : undefined;
  if (resource.group === 'homeostat.dev') {
    return verb === 'list' ? 'List' : isWriting(request) ? 'OwnWrite' : undefined;
  }
  return isWriting(request) ? 'TargetWrite' : 'TargetRead';
}

function refusalOf(fault: FaultKind | undefined, { resource, name = '', verb }: ApiRequest): ApiError | undefined {
  switch (fault) {
    case 'Conflict':
      return verb === 'get' || verb === 'list' ? internal() : conflict(resource, name);
    case 'Invalid':
      return verb === 'get' || verb === 'list' ? internal() : invalid(resource, name, 'x'.repeat(3000));
    case 'Throttled':
      return tooManyRequests(3);
    case 'Internal':
      return internal();
    case 'Expired':
      return verb === 'list' ? expired() : internal();
    case 'LostBefore':
    case 'LostAfter':
    case 'Slow':
    case undefined:
      return undefined;
  }
}
