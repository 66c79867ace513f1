/**
 * A pod as it is kept: of a hundred thousand of them most say the same but for names, ids and times. What they have alike
 * is kept once (`share.ts`), an id as its bytes, a version and a time as numbers; the members of `PodView` are put together when they
 * are read.
 */
import { parseTime, toTime } from '../kube/time.ts';
import type { Share } from './share.ts';
import type { ContainerStatus, PodView } from './views.ts';

/** What all pods of a template have alike. */
type Template = Pick<PodView, 'metadata' | 'spec' | 'kubeletUid'>;
/** A text of each container, in the order of their statuses: the only one as it is. */
type OfEach<T> = T | readonly (T | undefined)[] | undefined;

export class PackedPod implements PodView {
  readonly #name: string;
  readonly #uid: string | undefined;
  readonly #resourceVersion: number | string | undefined;
  readonly #nodeName: string | undefined;
  readonly #template: Template;
  /** Without what is of this pod alone. */
  readonly #status: PodView['status'];
  readonly #startTime: number | string | undefined;
  readonly #ids: OfEach<string>;
  readonly #startTimes: OfEach<number | string>;

  /** `view` as this keeps it, and says it again. */
  constructor({ metadata, spec, status, kubeletUid }: PodView, share: Share) {
    const { name, uid, resourceVersion, ...ofTemplate } = metadata;
    const { nodeName, ...containers } = spec;
    const { startTime, containerStatuses, initContainerStatuses, ...condition } = status;
    this.#name = name;
    this.#uid = uid;
    this.#resourceVersion = packedNumber(resourceVersion);
    this.#nodeName = share(nodeName);
    this.#template = share({
      metadata: { name: '', ...ofTemplate },
      spec: containers,
      ...(kubeletUid !== undefined && { kubeletUid }),
    });
    this.#status = share({
      ...condition,
      ...(containerStatuses && { containerStatuses: containerStatuses.map(alike) }),
      ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(alike) }),
    });
    this.#startTime = packedTime(startTime);
    const all = [...(containerStatuses ?? []), ...(initContainerStatuses ?? [])];
    this.#ids = onlyOr(all.map(({ containerID }) => packedId(containerID)));
    this.#startTimes = onlyOr(all.map(({ state }) => packedTime(state?.running?.startedAt)));
  }

  get metadata(): PodView['metadata'] {
    const [uid, version] = [this.#uid, this.#resourceVersion];
    return {
      ...this.#template.metadata,
      name: this.#name,
      ...(uid !== undefined && { uid }),
      ...(version !== undefined && { resourceVersion: `${version}` }),
    };
  }

  get kubeletUid(): string | undefined {
    return this.#template.kubeletUid;
  }

  get spec(): PodView['spec'] {
    const nodeName = this.#nodeName;
    return { ...(nodeName !== undefined && { nodeName }), ...this.#template.spec };
  }

  get status(): PodView['status'] {
    const { containerStatuses, initContainerStatuses, ...condition } = this.#status;
    const startTime = unpackedTime(this.#startTime);
    const [ids, startTimes] = [eachOf(this.#ids), eachOf(this.#startTimes)];
    const own = (from: number) => (status: ContainerStatus, i: number) =>
      withOwn(status, ids[from + i], startTimes[from + i]);
    return {
      ...condition,
      ...(startTime !== undefined && { startTime }),
      ...(containerStatuses && { containerStatuses: containerStatuses.map(own(0)) }),
      ...(initContainerStatuses && {
        initContainerStatuses: initContainerStatuses.map(own(containerStatuses?.length ?? 0)),
      }),
    };
  }
}

/** A status without its id, but for the runtime's name, and without the time of its start. */
function alike(status: ContainerStatus): ContainerStatus {
  const { containerID, state } = status;
  const startedAt = state?.running?.startedAt;
  return {
    ...status,
    ...(containerID !== undefined && { containerID: runtimeOf(containerID) }),
    ...(startedAt !== undefined && { state: { ...state, running: {} } }),
  };
}

function withOwn(
  status: ContainerStatus,
  id: string | undefined,
  startTime: number | string | undefined,
): ContainerStatus {
  const { containerID: runtime, state } = status;
  const startedAt = unpackedTime(startTime);
  return {
    ...status,
    ...(runtime !== undefined && { containerID: unpackedId(runtime, id ?? '') }),
    ...(startedAt !== undefined && { state: { ...state, running: { startedAt } } }),
  };
}

const onlyOr = <T>(each: readonly (T | undefined)[]): OfEach<T> =>
  each.length === 1 ? each[0] : each.some((one) => one !== undefined) ? each : undefined;

/** Of what is `null` on the wire, as a time that is not set, as well. */
const eachOf = <T extends string | number>(of: OfEach<T>): readonly (T | undefined)[] =>
  typeof of === 'object' ? [of].flat() : [of];

const idOfRuntime = /^(?<runtime>[a-z-]+:\/\/)(?<hex>(?:[0-9a-f]{2})+)$/;

/** Of an id that is packed what stands before its digits; of any other nothing. */
const runtimeOf = (id: string): string => idOfRuntime.exec(id)?.groups?.['runtime'] ?? '';

/** The digits of an id as characters of a byte each; an id that has no such digits as it is. */
function packedId(id: string | undefined): string | undefined {
  const hex = id === undefined ? undefined : idOfRuntime.exec(id)?.groups?.['hex'];
  return hex === undefined ? id : Buffer.from(hex, 'hex').toString('latin1');
}

const unpackedId = (runtime: string, id: string): string =>
  runtime === '' ? id : runtime + Buffer.from(id, 'latin1').toString('hex');

/** A whole number as one; any other text as it is. */
function packedNumber(text: string | undefined): number | string | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && `${number}` === text ? number : text;
}

/** Whole seconds of a time as Kubernetes writes it; any other text as it is. */
function packedTime(text: string | undefined): number | string | undefined {
  const ms = parseTime(text);
  return ms !== undefined && toTime(ms) === text ? ms / 1000 : text;
}

const unpackedTime = (time: number | string | undefined): string | undefined =>
  typeof time === 'number' ? toTime(1000 * time) : time;
