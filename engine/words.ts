/** How evidence speaks of numbers: short, with the unit of the metric. */

/** A value in a UCUM unit, to three digits: `42%` of unit `1`, `1.5 GiB` of `By`, `0.85` of `{cpu}`. */
export function figureOf(value: number, unit: string): string {
  const [of = '', per] = unit.split('/');
  const rate = per === undefined ? '' : `/${per}`;
  if (of === '1') return `${digits(value * 100)}%${rate}`;
  if (of !== 'By') return `${digits(value)}${rate}`;
  const step = binarySteps.findLast(({ size }) => Math.abs(value) >= size);
  return step === undefined ? `${digits(value)} B${rate}` : `${digits(value / step.size)} ${step.name}${rate}`;
}

/** The same with its sign, as of a change: `+0.42%`. */
export const changeOf = (value: number, unit: string): string => `${value > 0 ? '+' : ''}${figureOf(value, unit)}`;

/** A length of time in its two greatest units, such as `14 min`, `1 h 30 min` or `2 d 3 h`. */
export function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  const first = timeSteps.findIndex(({ size }) => whole >= size);
  const step = timeSteps[first];
  if (step === undefined) return '0 s';
  const next = timeSteps[first + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % step.size) / next.size);
  return `${Math.floor(whole / step.size)} ${step.name}${rest === 0 || next === undefined ? '' : ` ${rest} ${next.name}`}`;
}

/** A number to three digits, without an exponent where it can be. */
export const digits = (value: number): string => String(Number(value.toPrecision(3)));

const binarySteps = ['KiB', 'MiB', 'GiB', 'TiB'].map((name, i) => ({ name, size: 1024 ** (i + 1) }));
const timeSteps = [
  { name: 'd', size: 86_400 },
  { name: 'h', size: 3600 },
  { name: 'min', size: 60 },
  { name: 's', size: 1 },
] as const;
