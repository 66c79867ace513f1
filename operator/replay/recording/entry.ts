import { entryTypes, type Entry } from './format.ts';

/** Type, time, length of the name, length of the content. */
const headBytes = 1 + 8 + 2 + 4;

/** An entry as bytes: little-endian; the time is a double, so that it comes back to the bit. */
export function encodeEntry(entry: Entry): Buffer {
  const [name, atMs, content] =
    entry.type === 'message'
      ? [entry.subject, entry.storedMs, entry.data]
      : [entry.kind, entry.atMs, Buffer.from(JSON.stringify(entry.object))];
  const named = Buffer.from(name);
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(entryTypes[entry.type], 0);
  head.writeDoubleLE(atMs, 1);
  head.writeUInt16LE(named.length, 9);
  head.writeUInt32LE(content.length, 11);
  return Buffer.concat([head, named, content]);
}

/** The entries of a block, those of unknown types left out. Throws a RangeError when one does not end within the block. */
export function* decodeEntries(block: Buffer): Generator<Entry> {
  let at = 0;
  while (at < block.length) {
    const type = block.readUInt8(at);
    const atMs = block.readDoubleLE(at + 1);
    const nameEnds = at + headBytes + block.readUInt16LE(at + 9);
    const ends = nameEnds + block.readUInt32LE(at + 11);
    if (ends > block.length) throw new RangeError(`an entry ends at ${ends} of ${block.length}`);
    const name = block.toString('utf8', at + headBytes, nameEnds);
    const content = block.subarray(nameEnds, ends);
    at = ends;
    if (type === entryTypes.message) yield { type: 'message', subject: name, storedMs: atMs, data: content };
    else if (type === entryTypes.object || type === entryTypes.gone) {
      const object = JSON.parse(content.toString()) as object;
      yield { type: type === entryTypes.object ? 'object' : 'gone', kind: name, atMs, object };
    }
  }
}
