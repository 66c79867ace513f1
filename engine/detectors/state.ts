import { parseQuantity, toNumber } from '../quantity.ts';
import { detector, type Batch, type ParameterProblem } from './detector.ts';
import { FlagBank } from './flag-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires while the value is one of the given states: names that the metric knows, or numbers in quotes. Example: {in: [CrashLoopBackOff]}.',
  required: ['in'],
  properties: {
    in: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      description: 'The states that fire, such as [OOMKilled, "2"].',
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', maxLength: 63, description: 'A state, such as CrashLoopBackOff.' },
    },
  },
} as const;

/** Fires while a metric that stands for a state is in one of some states. */
export const state = detector({
  schema,
  compile({ in: names }, { name: metric, states }) {
    const codes: number[] = [];
    const problems: ParameterProblem[] = [];
    for (const [index, name] of names.entries()) {
      const number = parseQuantity(name);
      const known = states !== undefined && Object.hasOwn(states, name) ? states[name] : undefined;
      const code = known ?? (number && toNumber(number));
      if (code !== undefined) codes.push(code);
      else
        problems.push({
          path: `in[${index}]`,
          message:
            states === undefined
              ? `must be a number in quotes: ${metric} has no named states`
              : `must be a state of ${metric}: ${Object.keys(states).join(', ')}; or a number in quotes`,
        });
    }
    if (problems.length > 0) return problems;
    return { threshold: `in [${names.join(', ')}]`, judges: 'Samples', create: () => new StateBank(codes) };
  },
});

class StateBank extends FlagBank {
  readonly #codes: Float64Array;

  constructor(codes: readonly number[]) {
    super();
    this.#codes = Float64Array.from(codes);
  }

  judge({ slots, length, values }: Batch): boolean {
    let any = 0;
    const codes = this.#codes;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0) continue;
      const value = values[i] as number;
      let found = 0;
      for (let k = 0; k < codes.length; k++) if (codes[k] === value) found = 1;
      this.firing[slot] = found;
      any |= found;
    }
    return any !== 0;
  }
}
