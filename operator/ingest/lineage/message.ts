import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { KubeObject } from '../../kube/api.ts';

/** All of a node is told again after so long, so that a replay may begin anywhere. */
export const lineageRepeatMs = 300_000;

/** One object that rows of a node belong to. */
export interface LineageObject {
  readonly kind: string;
  readonly object: KubeObject;
}

/** What is told of a node: all of it, or what has changed since it was told of last. */
export interface Lineage {
  /** Event time at which it began to count for verdicts; absent: it only is as it was. */
  readonly atMs?: number | undefined;
  readonly objects: readonly LineageObject[];
  /** UIDs of the pods that are no more, when only what has changed is told; absent: `objects` is all that there is. */
  readonly gone?: readonly string[];
}

const mark = Buffer.from('HMSL');
const version = 1;
const mostBytes = 64 * 1024 * 1024;
/**
 * What repeats stands close together: fast and a small window pack it nearly as well, for a third of the time. The result
 * is a part of the chunk, which lives as long.
 */
const packing = { level: 1, windowBits: 12, memLevel: 6, chunkSize: 4096 } as const;
/** Less than this is hardly worth it: each packing takes a stream of zlib’s, which nobody misses before it is old. */
const smallBytes = 2048;

/** `HMSL`, the version, and the rest as JSON, packed by DEFLATE. */
export function encodeLineage(lineage: Lineage): Uint8Array {
  const content = Buffer.from(JSON.stringify(lineage));
  const packed = content.length < smallBytes ? [asItIs(content.length), content] : [deflateRawSync(content, packing)];
  return Buffer.concat([mark, Buffer.of(version), ...packed]);
}

/** The beginning of a DEFLATE stream whose only block is so many bytes, not compressed (RFC 1951, 3.2.4). */
function asItIs(length: number): Buffer {
  const header = Buffer.of(1, 0, 0, 0, 0);
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(~length & 0xffff, 3);
  return header;
}

/** What such a message says; undefined when it is something else, or of another version. */
export function decodeLineage(data: Uint8Array): Lineage | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes.subarray(0, mark.length).equals(mark) || bytes[mark.length] !== version) return undefined;
  try {
    const content = inflateRawSync(bytes.subarray(mark.length + 1), { maxOutputLength: mostBytes });
    return JSON.parse(content.toString()) as Lineage;
  } catch {
    return undefined;
  }
}
