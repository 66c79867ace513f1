/** Expressions over live objects, such as `object.status.phase == "Done"`. */
import { compileExpression, type CelInput } from '../../engine/evaluate/expression.ts';
import { isJsonObject } from './json.ts';

/** A JSON value as CEL has it: whole numbers are its `int`. */
export function celOf(value: unknown): CelInput {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celOf);
  if (!isJsonObject(value)) return null;
  return new Map(Object.entries(value).map(([key, child]) => [key, celOf(child)]));
}

/** What is wrong with an expression over `object`; undefined when it can be used. */
export function problemOf(source: string): string | undefined {
  const compiled = compileExpression(source, { object: undefined }, []);
  return 'problem' in compiled ? compiled.problem : undefined;
}

/** Whether an expression holds of an object. What cannot be evaluated, such as a field that is not there yet, does not. */
export function holds(source: string, object: object): boolean {
  const compiled = compileExpression(source, { object: undefined }, []);
  if ('problem' in compiled) return false;
  try {
    return compiled.predicate({ object: celOf(object) });
  } catch {
    return false;
  }
}
