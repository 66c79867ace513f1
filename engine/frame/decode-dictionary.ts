import { limits, noString, section } from './format.ts';
import type { Payload, Sections } from './sections.ts';
import { unpack } from './strings.ts';
import { FrameError, scopes, type Column, type Row } from './types.ts';

/**
 * What a keyframe says of columns and rows. Scopes that this reader does not know come after all others, in both lists:
 * the lists end there, and the numbers of what stands before hold.
 */
export function readDictionary(sections: Sections): { columns: Column[]; rows: Row[] } {
  const strings = readStrings(sections, sections.one(section.strings));
  const stringAt = (at: number): string => {
    const text = strings[sections.view.getUint32(at, true)];
    if (text === undefined) throw new FrameError('Corrupt', `no string has the number at ${at}`, at);
    return text;
  };
  return {
    columns: readColumns(sections.view, sections.one(section.columns), stringAt),
    rows: readRows(sections.view, sections.one(section.identities), stringAt),
  };
}

function readStrings({ bytes, view }: Sections, payload: Payload | undefined): string[] {
  const strings: string[] = [];
  if (payload === undefined) return strings;
  const count = readCount(view, payload, payload.from, 2);
  let at = payload.from + 4;
  for (let i = 0; i < count; i++) {
    const from = at + 2;
    const to = from + (bytes[at + 1] ?? 0);
    if (to > payload.to) throw new FrameError('Corrupt', `string ${i} of ${count} does not fit`, at);
    strings.push(unpack(bytes, from, to, bytes[at] ?? 0));
    at = to;
  }
  return strings;
}

function readColumns(view: DataView, payload: Payload | undefined, stringAt: (at: number) => string): Column[] {
  const columns: Column[] = [];
  if (payload === undefined) return columns;
  const count = readCount(view, payload, payload.from, 8);
  if (count > limits.columns) throw new FrameError('TooLarge', `${count} columns`, payload.from);
  for (let at = payload.from + 4; columns.length < count; at += 8) {
    const scope = scopes[view.getUint32(at, true)];
    if (scope === undefined) break;
    columns.push({ scope, metric: stringAt(at + 4) });
  }
  return columns;
}

function readRows(view: DataView, payload: Payload | undefined, stringAt: (at: number) => string): Row[] {
  const rows: Row[] = [];
  if (payload === undefined) return rows;
  const scopeCount = readCount(view, payload, payload.from, 4);
  const counts = payload.from + 4;
  let at = counts + 4 * scopeCount;
  let total = 0;
  for (let i = 0; i < scopeCount; i++) total += view.getUint32(counts + 4 * i, true);
  if (total > (payload.to - at) / 8) throw new FrameError('Corrupt', `${total} rows do not fit`, counts);
  if (total > limits.rows) throw new FrameError('TooLarge', `${total} rows`, counts);
  for (const [index, scope] of scopes.entries()) {
    const count = index < scopeCount ? view.getUint32(counts + 4 * index, true) : 0;
    for (const end = at + 8 * count; at < end; at += 8) {
      const uid = stringAt(at);
      const hasContainer = view.getUint32(at + 4, true) !== noString;
      rows.push(hasContainer ? { scope, uid, container: stringAt(at + 4) } : { scope, uid });
    }
  }
  return rows;
}

/** A u32 that says how many things of at least `least` bytes follow it in the payload. */
function readCount(view: DataView, { from, to }: Payload, at: number, least: number): number {
  if (to - from < 4) throw new FrameError('Corrupt', 'a section without its count', from);
  const count = view.getUint32(at, true);
  if (count > (to - at - 4) / least) throw new FrameError('Corrupt', `${count} entries do not fit`, at);
  return count;
}
