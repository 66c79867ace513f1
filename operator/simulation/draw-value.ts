import type { Schema } from '../../engine/schema.ts';
import type { Random } from './random.ts';

/** The parts of a schema that a random value follows; rules are for whoever asks whether it is valid. */
interface Loose {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Loose>>;
  readonly additionalProperties?: Loose;
  readonly items?: Loose;
}

/** A value of the structure that a schema describes; small numbers and short texts, so that it is often of use. */
export const drawValue = (random: Random, schema: Schema): unknown => draw(random, schema);

function draw(random: Random, schema: Loose): unknown {
  if (schema.enum !== undefined) return random.pick(schema.enum);
  switch (schema.type) {
    case 'integer': {
      const from = Math.max(schema.minimum ?? 0, -2);
      return random.int(from, Math.min(schema.maximum ?? from + 5, from + 5));
    }
    case 'boolean':
      return random.chance(0.5);
    case 'array':
      return Array.from({ length: Math.max(schema.minItems ?? 0, random.int(0, 2)) }, () =>
        draw(random, schema.items ?? {}),
      );
    case 'object':
      return drawObject(random, schema);
    case 'string':
    case undefined:
    default:
      return random.pick(['a', 'b', 'web']);
  }
}

function drawObject(random: Random, { properties = {}, required = [], additionalProperties }: Loose): object {
  const drawn: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties))
    if (required.includes(name) || random.chance(0.5)) drawn[name] = draw(random, property);
  if (additionalProperties !== undefined) drawn[random.pick(['a', 'b'])] = draw(random, additionalProperties);
  return drawn;
}
