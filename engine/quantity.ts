/**
 * Quantities as Kubernetes writes them (`850m`, `1.5`, `100Mi`, `2e3`) and percentages (`90%`), read exactly: `0.1` is
 * one tenth here, not the nearest binary fraction. The grammar is that of `resource.Quantity`, without its rounding to
 * nano-units, with exponents of at most two digits, and with `%`.
 */

/** `coefficient × 10^exponent`. */
export interface Quantity {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const grammar = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(%|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/;

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
  ['%', -2],
]);
const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** The exact value of `text`, or undefined when it is not a quantity. `90%` is nine tenths. */
export function parseQuantity(text: string): Quantity | undefined {
  const [, sign, number, suffix = ''] = grammar.exec(text) ?? [];
  if (number === undefined) return undefined;
  const [whole = '', fraction = ''] = number.split('.');
  const coefficient = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const binary = binarySuffixes.findIndex((candidate) => candidate === suffix) + 1;
  const exponent = decimalSuffixes.get(suffix) ?? (binary > 0 ? 0 : Number(suffix.slice(1)));
  return { coefficient: coefficient * 1024n ** BigInt(binary), exponent: exponent - fraction.length };
}

/** The double nearest to a quantity. */
export const toNumber = ({ coefficient, exponent }: Quantity): number => Number(`${coefficient}e${exponent}`);

/** The double nearest to the quantity that `text` is; throws `RangeError` when it is none. */
export function quantityNumber(text: string): number {
  const quantity = parseQuantity(text);
  if (quantity === undefined)
    throw new RangeError(`${JSON.stringify(text)} is not a quantity such as "90%", "850m", "100Mi" or "1.5"`);
  return toNumber(quantity);
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`; exact. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaled(a, exponent) - scaled(b, exponent);
  return difference < 0n ? -1 : Number(difference > 0n);
}

const scaled = ({ coefficient, exponent }: Quantity, to: number): bigint => coefficient * 10n ** BigInt(exponent - to);
