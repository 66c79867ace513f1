import type { Problem } from '../../engine/evaluate/policy-spec.ts';

/** A policy or plan cannot be used; `problems` say which fields. */
export class UnusableError extends Error {
  override readonly name = 'UnusableError';
  constructor(what: string, problems: readonly Problem[]) {
    super(`${what} cannot be used: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`);
  }
}
