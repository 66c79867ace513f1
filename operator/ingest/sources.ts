import { decode } from '../../engine/frame/decode.ts';
import { parseSubject, type ParsedSubject } from '../../engine/frame/subject.ts';
import { FrameError, type Frame, type Keyframe, type SourceId } from '../../engine/frame/types.ts';
import type { Logger } from '../kube/logger.ts';
import type { Quality } from './quality.ts';
import { sharing } from './share.ts';
import { Source, type Counting, type Readable } from './source.ts';

/** A message of the stream. */
export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  /** When the broker stored it, by the broker’s clock. */
  readonly storedMs: number;
}

/** How a source is called in logs, evidence and the evaluator, such as `agent/node-1` or `state/`. */
export const sourceKey = ({ producer, node }: Pick<SourceId, 'producer' | 'node'>): string => `${producer}/${node}`;

/** Silent for so long, a source is forgotten when nobody wants it any more. */
const forgetMs = 900_000;
const mostSaid = 10_000;
/** The largest clusters have two sources for each of some thousand nodes. */
const mostSources = 50_000;
/** Nearly all frames fit; larger ones are read all the same. */
const scratchBytes = 256 * 1024;

/** Who speaks on a subject, and of what. */
interface Address {
  readonly of: ParsedSubject;
  readonly source: Source;
}

/**
 * All senders of the stream: each message is led to its source and comes back as the frames to evaluate now, in the
 * order of the stream. What cannot be used is counted by its source, and said once for each source and reason.
 */
export class Sources {
  readonly #sources = new Map<string, Source>();
  /** By subject, what it means: to find that out takes as long as to read the message. */
  readonly #addresses = new Map<string, Address>();
  readonly #scratch = new ArrayBuffer(scratchBytes);
  readonly #counting: Counting;
  readonly #share = sharing();
  readonly #logger: Logger;
  readonly #said = new Set<string>();

  readonly #most: number;

  /** `most` sources are kept apart at once. */
  constructor(counting: Counting, logger: Logger, most = mostSources) {
    this.#counting = counting;
    this.#logger = logger;
    this.#most = most;
  }

  /** Never throws, whatever the bytes. */
  take(message: Message): readonly Readable[] {
    const address = this.#address(message.subject);
    if (typeof address === 'string') {
      this.#counting.result(address);
      if (address === 'WrongSubject')
        this.#sayOnce('message on a subject that is no source’s', message.subject, address);
      else this.#sayOnce('too many sources: frames of a new one are not read', '', address, message.subject);
      return [];
    }
    const { of, source } = address;
    const decoded = this.#decode(message, source);
    if (decoded === undefined) return [];
    if (decoded.kind !== of.kind || decoded.source.producer !== of.producer || decoded.source.node !== of.node) {
      source.count('WrongSubject');
      this.#sayOnce('frame on the subject of another source', message.subject, sourceKey(decoded.source));
      return [];
    }
    if (decoded.kind === 'keyframe') return source.takeKeyframe(decoded, message.storedMs);
    const readable = source.takeFrame(decoded, message.storedMs);
    return readable === undefined ? [] : [readable];
  }

  /** The figures of a source, or nothing when it has never been heard. */
  quality(key: string): Quality | undefined {
    return this.#sources.get(key)?.quality;
  }

  /** Every source heard of, with its figures. */
  *[Symbol.iterator](): Iterator<readonly [key: string, quality: Quality]> {
    for (const [key, { quality }] of this.#sources) yield [key, quality];
  }

  /** Gives up frames that wait too long; forgets and answers the sources that are long silent and not `wanted`. */
  expire(nowMs: number, wanted: (key: string) => boolean): string[] {
    const forgotten: string[] = [];
    for (const [key, source] of this.#sources) {
      source.expire(nowMs);
      if (nowMs - (source.quality.lastStoredMs ?? nowMs) < forgetMs || wanted(key)) continue;
      this.#sources.delete(key);
      forgotten.push(key);
      for (const [subject, address] of this.#addresses) if (address.source === source) this.#addresses.delete(subject);
    }
    return forgotten;
  }

  #address(subject: string): Address | 'WrongSubject' | 'TooManySources' {
    const known = this.#addresses.get(subject);
    if (known !== undefined) return known;
    const of = parseSubject(subject);
    if (of === undefined) return 'WrongSubject';
    const key = sourceKey(of);
    if (!this.#sources.has(key) && this.#sources.size >= this.#most) return 'TooManySources';
    const source = this.#sources.get(key) ?? new Source(key, this.#counting, this.#share);
    this.#sources.set(key, source);
    const address = { of, source };
    this.#addresses.set(subject, address);
    return address;
  }

  #decode(message: Message, source: Source): Frame | Keyframe | undefined {
    try {
      return decode(message.data, {
        scratch: this.#scratch,
        known: source,
      });
    } catch (error) {
      const reason = error instanceof FrameError ? error.reason : 'Fault';
      source.quality.lastStoredMs = message.storedMs;
      source.count('Undecodable');
      this.#sayOnce('undecodable message', message.subject, reason, String(error));
      return undefined;
    }
  }

  #sayOnce(what: string, subject: string, reason: string, detail?: string): void {
    const key = `${subject} ${reason}`;
    if (this.#said.has(key) || this.#said.size >= mostSaid) return;
    this.#said.add(key);
    const { producer, node } = parseSubject(subject) ?? {};
    this.#logger.warn(what, { subject, producer, node, reason, detail });
  }
}
