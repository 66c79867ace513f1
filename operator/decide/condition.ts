/** `verify.condition`: recovery told by the live objects instead of by samples. */
import { compileExpression } from '../../engine/evaluate/expression.ts';
import { celOf } from '../actions/cel.ts';

/** What it may speak of; which fields an object has is known when it is read. */
const variables = { target: undefined, workload: undefined } as const;

/** What is wrong with the expression, as the end of a sentence that begins with its field; undefined when nothing is. */
export function conditionProblem(source: string): string | undefined {
  const compiled = compileExpression(source, variables, []);
  return 'problem' in compiled ? compiled.problem : undefined;
}

/** Whether it holds; `Absent`: it does not, because a field is not there; `Error`: that cannot be told. */
export type Held = { readonly is: 'True' | 'False' } | { readonly is: 'Absent' | 'Error'; readonly message: string };

/** Whether the condition holds for these objects, as the API server sends them; undefined: there is no such object. */
export function holds(source: string, objects: Readonly<Record<keyof typeof variables, object | undefined>>): Held {
  const compiled = compileExpression(source, variables, []);
  if ('problem' in compiled) return { is: 'Error', message: compiled.problem };
  try {
    const { target, workload } = objects;
    return {
      is: compiled.predicate({ target: celOf(target ?? {}), workload: celOf(workload ?? {}) }) ? 'True' : 'False',
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { is: message.startsWith('field not found') ? 'Absent' : 'Error', message };
  }
}
