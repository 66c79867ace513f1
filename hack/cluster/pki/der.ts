/**
 * The few ASN.1 DER forms a certificate is made of (X.690, RFC 5280). Every function returns one encoded element.
 * Written here because Node can sign and parse certificates but not issue them, and a test cluster should not need
 * openssl on the machine.
 */

/** One element: tag, length, content. Lengths above 127 take the long form. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(evenHex(body.length), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

/** SEQUENCE of the given elements. */
export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);

/** SET of the given elements (the caller keeps DER's order; a set of one needs none). */
export const set = (...content: readonly Uint8Array[]): Buffer => element(0x31, ...content);

/** BOOLEAN. */
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));

/** OCTET STRING. */
export const octets = (value: Uint8Array): Buffer => element(0x04, value);

/** BIT STRING; `unused` is the number of bits at the end that do not count. */
export const bits = (value: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), value);

/** UTF8String. */
export const utf8 = (value: string): Buffer => element(0x0c, Buffer.from(value, 'utf8'));

/** INTEGER that is not negative, given as big-endian bytes. */
export function unsigned(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const digits = value.subarray(start);
  const sign = (digits[0] ?? 0) & 0x80 ? Buffer.of(0) : Buffer.alloc(0);
  return element(0x02, sign, digits);
}

/** OBJECT IDENTIFIER of its dotted form, e.g. `2.5.4.3`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A point in time: UTCTime up to 2049, GeneralizedTime after it, as RFC 5280 wants it; whole seconds. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '');
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : element(0x18, Buffer.from(digits, 'ascii'));
}

/** EXPLICIT context tag `[number]` around an element. */
export const explicit = (number: number, content: Uint8Array): Buffer => element(0xa0 | number, content);

/** IMPLICIT context tag `[number]` on primitive content. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);

function evenHex(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
