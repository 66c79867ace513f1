import { detector, type Batch } from './detector.ts';
import { FlagBank } from './flag-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when no sample of the metric has come for so long, counted from the last one or from when the target was first seen. Example: {forSeconds: 30}.',
  required: ['forSeconds'],
  properties: {
    forSeconds: { type: 'integer', minimum: 1, maximum: 86_400, description: 'How long, in seconds. Example: 30.' },
  },
} as const;

/** Fires when samples stay away. */
export const absence = detector({
  schema,
  compile: ({ forSeconds }) => ({
    threshold: `no sample for ${forSeconds} s`,
    judges: 'Silence',
    create: () => new AbsenceBank(forSeconds * 1000),
  }),
});

class AbsenceBank extends FlagBank {
  readonly #forMs: number;

  constructor(forMs: number) {
    super();
    this.#forMs = forMs;
  }

  judge({ slots, length, tMs, lastSampleMs }: Batch): boolean {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot >= 0) this.firing[slot] = tMs - (lastSampleMs[slot] as number) >= this.#forMs ? 1 : 0;
    }
    return true;
  }
}
