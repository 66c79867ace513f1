/**
 * Series of values, written shortly. Words are separated by spaces; each stands for one value or more:
 *
 *     3        one value                    3x10      ten times 3
 *     1+2x4    1 3 5 7                      9-2x4     9 7 5 3
 *     0..1x5   0 0.25 0.5 0.75 1            (0x3 1)x2 0 0 0 1 0 0 0 1
 *     _        a missing value              -         none at all: no such row
 */

/** A value; NaN is missing, undefined none at all. */
export type Value = number | undefined;

/** More are a mistake, or too many for a test. */
const mostValues = 1_000_000;

const number = String.raw`-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?`;
const word = new RegExp(
  String.raw`^(?:(?<none>-|_)|(?<from>${number})(?:\.\.(?<to>${number})|(?<step>[+-](?:\d+\.?\d*|\.\d+)(?:e-?\d+)?))?)(?:x(?<times>\d+))?$`,
);

/** The values that a text stands for. Throws an Error that names the word that is wrong. */
export function valuesOf(text: string): Value[] {
  const stack: Value[][] = [[]];
  for (const token of text.match(/\)(?:x\d+)?|\(|[^\s()]+/g) ?? []) {
    const last = stack.at(-1) ?? [];
    if (token === '(') stack.push([]);
    else if (token.startsWith(')')) {
      const group = stack.pop() ?? [];
      const around = stack.at(-1);
      if (around === undefined) throw new Error(`"${text}": a bracket is closed that was not opened`);
      append(around, group, Number(token.slice(2) || 1));
    } else append(last, expanded(token), 1);
  }
  if (stack.length !== 1) throw new Error(`"${text}": a bracket is not closed`);
  return stack[0] ?? [];
}

function append(to: Value[], values: readonly Value[], times: number): void {
  if (to.length + values.length * times > mostValues) throw new Error(`there are more than ${mostValues} values`);
  for (let i = 0; i < times; i++) for (const value of values) to.push(value);
}

function expanded(token: string): Value[] {
  const { none, from, to, step, times = '1' } = word.exec(token)?.groups ?? {};
  const count = Number(times);
  if (count > mostValues) throw new Error(`"${token}" stands for more than ${mostValues} values`);
  if (none !== undefined) return Array.from({ length: count }, () => (none === '-' ? undefined : NaN));
  if (from === undefined) throw new Error(`"${token}" stands for no values`);
  const first = Number(from);
  if (to !== undefined && count < 2) throw new Error(`"${token}" needs the number of its values, as in ${token}x10`);
  const by = to === undefined ? Number(step ?? 0) : (Number(to) - first) / (count - 1);
  return Array.from({ length: count }, (_, i) => first + i * by);
}
