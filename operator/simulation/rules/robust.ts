import type { RuleMaker } from '../rule.ts';

/** 12. No input ends or confuses the operator: no error of the program, and no write of ours that the schema refuses. */
export const robust: RuleMaker = () => ({
  name: '12 robust',
  log: ({ level, message, fields }) =>
    level === 'error' && fields !== undefined && 'stack' in fields ? `${message}: ${String(fields.stack)}` : undefined,
  refused: ({ verb, resource, name }, why) => `${verb} ${resource.kind} ${name} is refused by the schema: ${why}`,
});
