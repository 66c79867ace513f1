import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';

/** A CEL expression that has a boolean value. Throws an Error that says why when it has none for these variables. */
export type Predicate = (variables: Record<string, CelInput>) => boolean;

/** What may stand in a variable. */
export type CelInput =
  | string
  | number
  | bigint
  | boolean
  | null
  | Map<string, CelInput>
  | readonly CelInput[]
  | { readonly [name: string]: CelInput };

/** A variable and, for one that is an object with known fields, their names. */
export type Variables = Readonly<Record<string, readonly string[] | undefined>>;

type Expr = ReturnType<typeof parse>['expr'];

const env = celEnv();
/** Types are values in CEL. */
const types = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint']);

/**
 * Compiles an expression that may speak of `variables`; each of `examples` is a set of their values. What is wrong with
 * it is answered as the end of a sentence that begins with the field: unknown names at any place, and errors and
 * results other than a boolean that show with an example.
 */
export function compileExpression(
  source: string,
  variables: Variables,
  examples: readonly Record<string, CelInput>[],
): { readonly predicate: Predicate } | { readonly problem: string } {
  let evaluate;
  let problem;
  try {
    const parsed = parse(source);
    problem = problemIn(parsed.expr, variables);
    evaluate = plan(env, parsed.expr);
  } catch (error) {
    return { problem: `is not valid CEL: ${messageOf(error)}` };
  }
  if (problem !== undefined) return { problem };
  const value = (bindings: Record<string, CelInput>): unknown => {
    const result: unknown = evaluate(bindings);
    if (isCelError(result)) throw new Error(result.message);
    return result;
  };
  for (const example of examples) {
    const wrong = tried(() => value(example));
    if (wrong !== undefined) return { problem: wrong };
  }
  return {
    predicate(bindings) {
      const result = value(bindings);
      if (typeof result !== 'boolean') throw new Error(`the result is ${kindOf(result)}, not true or false`);
      return result;
    },
  };
}

function tried(evaluate: () => unknown): string | undefined {
  try {
    const result = evaluate();
    return typeof result === 'boolean' ? undefined : `must be true or false, and is ${kindOf(result)}`;
  } catch (error) {
    const message = messageOf(error);
    // Which labels there are depends on the target.
    return message.startsWith('field not found') ? undefined : `cannot be evaluated: ${message}`;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const kindOf = (value: unknown): string =>
  typeof value === 'bigint' || typeof value === 'number'
    ? 'a number'
    : typeof value === 'string'
      ? 'a string'
      : 'an object';

/** The first name in an expression that means nothing. */
function problemIn(expr: Expr | undefined, variables: Variables): string | undefined {
  const kind = expr?.exprKind;
  const first = (...parts: (Expr | undefined)[]): string | undefined => {
    for (const part of parts) {
      const problem = problemIn(part, variables);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  switch (kind?.case) {
    case 'identExpr': {
      const { name } = kind.value;
      if (Object.hasOwn(variables, name) || types.has(name)) return undefined;
      return `must not speak of ${name}: there are ${Object.keys(variables).join(', ')}`;
    }
    case 'selectExpr': {
      const { operand, field } = kind.value;
      const of = operand?.exprKind;
      const fields =
        of?.case === 'identExpr' && Object.hasOwn(variables, of.value.name) ? variables[of.value.name] : undefined;
      if (fields !== undefined && !fields.includes(field))
        return `must not speak of ${of?.case === 'identExpr' ? of.value.name : ''}.${field}: it has ${fields.join(', ')}`;
      return first(operand);
    }
    case 'callExpr':
      return first(kind.value.target, ...kind.value.args);
    case 'listExpr':
      return first(...kind.value.elements);
    case 'structExpr':
      return first(
        ...kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr': {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      const inner: Variables = { ...variables, [iterVar]: undefined, [iterVar2]: undefined, [accuVar]: undefined };
      return (
        first(iterRange, accuInit) ??
        problemIn(loopCondition, inner) ??
        problemIn(loopStep, inner) ??
        problemIn(result, inner)
      );
    }
    case 'constExpr':
    case undefined:
    default:
      return undefined;
  }
}
