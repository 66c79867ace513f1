import { parseArgs } from 'node:util';

export interface SimulateOptions {
  readonly seeds: number;
  readonly first: number;
  /** How many failures are shrunk and shown; the rest is only counted. */
  readonly shown: number;
  /** Ends at the first failure. */
  readonly bail: boolean;
}

/** Reads the command line; throws a `TypeError` that says what is wrong with it. */
export function simulateOptions(argv: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string', default: '2000' },
      first: { type: 'string', default: '1' },
      shown: { type: 'string', default: '3' },
      bail: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'seeds' | 'first' | 'shown'): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < (name === 'seeds' ? 1 : 0))
      throw new TypeError(`--${name} must be a whole number, not ${values[name]}`);
    return value;
  };
  return { seeds: number('seeds'), first: number('first'), shown: number('shown'), bail: values.bail };
}
