/**
 * The API server, and beside it the calls of programs outside the cluster that the action webhook makes: to create a `Call`
 * (operator/actions/call.ts) is to post it. Only hosts in the notifiers file are called, few at once, and never is a
 * decision about anything else held up by one that does not answer.
 */
import { hostNotAllowed, notSent, outsideGroup, undoCall, type CallObject } from '../actions/call.ts';
import { Breaker } from '../../wire/breaker.ts';
import { ApiError, type KubeApi, type KubeObject, type Resource } from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { cloudEventType, sourceOf, type CloudEvent } from './cloud-event.ts';
import { allowedHost, type AllowedHost, type Outsiders } from './file.ts';
import { post, type Delivery } from './post.ts';
import type { Post } from './notifier.ts';
import { signatureHeader, signatureOf } from './sign.ts';

/** So many calls are under way at once, of all hosts; who comes later comes again. */
const mostAtOnce = 8;
/** Keys of calls that were accepted, which are remembered for as long as this process lives. */
const mostRemembered = 10_000;
/** Of a host. Not for long: a step has a minute or two, and whoever is back shall be called. */
const limits = { failures: 5, firstMs: 1_000, longestMs: 3_000 };
/** So many hosts are remembered; what is allowed may be a pattern. */
const mostHosts = 1_000;

/** A host that is called, and what it answered last. */
interface Host {
  readonly breaker: Breaker;
  answer: string;
}

export interface CallerOptions {
  readonly file: { readonly current: Outsiders };
  readonly clock: Clock;
  /** For tests. */
  readonly send?: (message: Post, timeoutMs: number) => Promise<Delivery>;
}

/** Makes calls. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #accepted = new Map<string, KubeObject>();
  readonly #hosts = new Map<string, Host>();
  #underWay = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** A call that this process knows to have been accepted. What another one knew is lost. */
  get(name: string): KubeObject {
    const known = this.#accepted.get(name);
    if (known !== undefined) return known;
    throw new ApiError(`call ${name} is not known to have been accepted`, { status: 404, reason: 'NotFound' });
  }

  /** Makes the call; resolves when the receiver has accepted it. `dryRun`: only looks whether it may be made. */
  async call(call: CallObject, dryRun: boolean): Promise<KubeObject> {
    const allowed = this.#allowed(call.spec.url);
    if (dryRun) return call;
    if (this.#underWay >= mostAtOnce)
      throw new ApiError(`${mostAtOnce} calls are under way`, { status: 503, reason: notSent, retryAfterSeconds: 1 });
    const host = this.#hostOf(call);
    const { breaker } = host;
    // What takes something back is never held up.
    const waitMs = isUndo(call) ? 0 : breaker.admit(this.#options.clock.now());
    if (waitMs > 0) throw leftInPeace(host, waitMs);
    this.#underWay++;
    try {
      const delivery = await this.#send(call, allowed);
      host.answer = delivery.answer;
      if (delivery.is === 'Later') breaker.failed(this.#options.clock.now(), delivery.afterMs);
      else breaker.succeeded();
      return this.#note(call, delivery);
    } finally {
      this.#underWay--;
    }
  }

  /** Before the hosts that are called. */
  *breakers(): Generator<Breaker> {
    for (const { breaker } of this.#hosts.values()) yield breaker;
  }

  #hostOf({ spec: { url } }: CallObject): Host {
    const name = URL.parse(url)?.host ?? '';
    const host = this.#hosts.get(name) ?? { breaker: new Breaker(limits), answer: '' };
    this.#hosts.delete(name);
    this.#hosts.set(name, host);
    for (const oldest of this.#hosts.keys()) {
      if (this.#hosts.size <= mostHosts) break;
      this.#hosts.delete(oldest);
    }
    return host;
  }

  #send(call: CallObject, { secret }: AllowedHost): Promise<Delivery> {
    const { clock, send = post } = this.#options;
    const { url, timeoutSeconds } = call.spec;
    const body = JSON.stringify(eventOf(call, clock.now()));
    const headers: Record<string, string> = { 'Content-Type': cloudEventType, 'Idempotency-Key': call.metadata.name };
    if (secret !== undefined) headers[signatureHeader] = signatureOf(secret, body, clock.now());
    return send({ is: 'Post', url, headers, body }, timeoutSeconds * 1000);
  }

  #note(call: CallObject, delivery: Delivery): KubeObject {
    switch (delivery.is) {
      case 'Accepted':
        this.#accepted.set(call.metadata.name, call);
        for (const oldest of this.#accepted.keys()) {
          if (this.#accepted.size <= mostRemembered) break;
          this.#accepted.delete(oldest);
        }
        return call;
      case 'Refused':
        throw new ApiError(delivery.answer, { status: 422, reason: 'Refused' });
      case 'Later': {
        const retryAfterSeconds = delivery.afterMs === undefined ? undefined : Math.ceil(delivery.afterMs / 1000);
        const reason = delivery.unsent === true ? notSent : 'NotAccepted';
        throw new ApiError(delivery.answer, { status: 503, reason, retryAfterSeconds });
      }
    }
  }

  #allowed(address: string): AllowedHost {
    const found = allowedHost(this.#options.file.current, address);
    if ('problem' in found) throw new ApiError(found.problem, { status: 403, reason: hostNotAllowed });
    return found;
  }
}

/** Says what it answered last: that is why. */
const leftInPeace = ({ answer }: Host, waitMs: number): ApiError =>
  new ApiError(answer, { status: 503, reason: notSent, retryAfterSeconds: Math.ceil(waitMs / 1000) });

const isUndo = ({ spec }: CallObject): boolean => spec.type === undoCall;

function eventOf({ metadata, spec }: CallObject, nowMs: number): CloudEvent {
  const { namespace, name = '' } =
    (spec.data as { remediation?: { namespace?: string; name?: string } }).remediation ?? {};
  return {
    specversion: '1.0',
    id: metadata.name,
    source: sourceOf('remediations', { name, ...(namespace === undefined ? {} : { namespace }) }),
    type: spec.type,
    subject: metadata.name,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    data: spec.data,
  };
}

const isOutside = ({ group }: Resource): boolean => group === outsideGroup;

/** `api`, with calls. */
export const withCalls = (api: KubeApi, caller: Pick<Caller, 'get' | 'call'>): KubeApi => ({
  get: async <T extends KubeObject>(...[resource, place, subresource]: Parameters<KubeApi['get']>) =>
    isOutside(resource) ? (caller.get(place.name) as T) : api.get<T>(resource, place, subresource),
  list: (...question) => api.list(...question),
  watch: (...question) => api.watch(...question),
  create: async <T extends KubeObject>(...[resource, object, options]: Parameters<KubeApi['create']>) =>
    isOutside(resource)
      ? ((await caller.call(object as CallObject, options?.dryRun === true)) as T)
      : api.create<T>(resource, object, options),
  replace: (...change) => api.replace(...change),
  patch: (...change) => api.patch(...change),
  delete: (...wish) => api.delete(...wish),
  as: (...whom) => withCalls(api.as(...whom), caller),
});
