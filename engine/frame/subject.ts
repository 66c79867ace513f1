import type { Frame, Keyframe, SourceId } from './types.ts';

/** First token of every subject unless an installation is set apart from others on the same broker. */
export const defaultPrefix = 'homeostat';

/**
 * Where a message of a source is published.
 *
 * @example frameSubject({ producer: 'agent', node: 'n1' }, 'keyframe') // 'homeostat.frames.dkoi2.agent.key'
 */
export function frameSubject(
  source: Pick<SourceId, 'producer' | 'node'>,
  kind: 'frame' | 'keyframe',
  prefix: string = defaultPrefix,
): string {
  const subject = `${prefix}.frames.${nodeToken(source.node)}.${source.producer}`;
  return kind === 'frame' ? subject : `${subject}.key`;
}

/** What a subject says of its messages. */
export interface ParsedSubject {
  readonly prefix: string;
  readonly node: string;
  readonly producer: SourceId['producer'];
  readonly kind: 'frame' | 'keyframe';
}

const pattern = /^([^.]+)\.frames\.(_|[0-9a-v]+)\.(agent|state)(\.key)?$/;

/** The inverse of `frameSubject`; undefined for any other subject. */
export function parseSubject(subject: string): ParsedSubject | undefined {
  const [, prefix, token, producer, key] = pattern.exec(subject) ?? [];
  const node = token === undefined ? undefined : nodeOfToken(token);
  if (prefix === undefined || node === undefined || (producer !== 'agent' && producer !== 'state')) return undefined;
  return { prefix, node, producer, kind: key === undefined ? 'frame' : 'keyframe' };
}

/** Where it is told whose the rows of a node are: JSON, not a frame, which only replays read. */
export const lineageSubject = (node: string, prefix: string = defaultPrefix): string =>
  `${prefix}.frames.${nodeToken(node)}.lineage`;

/** The node of such a subject; undefined for any other subject. */
export function lineageNode(subject: string): string | undefined {
  // Asked of every message of the stream, of which few are.
  if (!subject.endsWith('.lineage')) return undefined;
  const [, token] = /^[^.]+\.frames\.(_|[0-9a-v]+)\.lineage$/.exec(subject) ?? [];
  return token === undefined ? undefined : nodeOfToken(token);
}

/** Where it is told what the leader does not judge: JSON, not a frame, which only replays read. */
export const shedSubject = (prefix: string = defaultPrefix): string => `${prefix}.frames._.shed`;

/** Whether a subject is one of those that only replays read. */
export const isForReplays = (subject: string): boolean => isShedSubject(subject) || lineageNode(subject) !== undefined;

export const isShedSubject = (subject: string): boolean => subject.endsWith('.frames._.shed');

/**
 * The id by which the broker drops a frame that is published twice. The broker compares ids over a whole stream, and one
 * process may send for many sources, so the source is part of it.
 */
export const frameMessageId = ({ source, sequence }: Frame): string => `${sourceKey(source)}:${sequence}`;

/** The same for a keyframe that is published before the frame `nextSequence`: each place has its own id. */
export const keyframeMessageId = ({ source, generation }: Keyframe, nextSequence: number): string =>
  `${sourceKey(source)}:k${generation}:${nextSequence}`;

const sourceKey = ({ boot, node, producer }: SourceId): string => `${boot}:${nodeToken(node)}.${producer}`;

const digits = '0123456789abcdefghijklmnopqrstuv';

/**
 * A node's name as one token of a subject: base32hex (RFC 4648, lower case, no padding) of its UTF-8, since names
 * contain dots; `_` for the empty name.
 */
export function nodeToken(node: string): string {
  if (node === '') return '_';
  let token = '';
  let bits = 0;
  let pending = 0;
  for (const byte of new TextEncoder().encode(node)) {
    pending = (pending << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) token += digits[(pending >> (bits - 5)) & 31] ?? '';
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? token : token + (digits[(pending << (5 - bits)) & 31] ?? '');
}

function nodeOfToken(token: string): string | undefined {
  if (token === '_') return '';
  const bytes: number[] = [];
  let bits = 0;
  let pending = 0;
  for (const digit of token) {
    pending = (pending << 5) | digits.indexOf(digit);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((pending >> bits) & 255);
    }
    pending &= (1 << bits) - 1;
  }
  const node = new TextDecoder().decode(Uint8Array.from(bytes));
  return nodeToken(node) === token ? node : undefined;
}
