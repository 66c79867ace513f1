/** Leaves that the settings of several notifiers share. */
import type { Schema } from '../../engine/schema.ts';

/** Where to send to. */
export const url = (description: string) =>
  ({
    type: 'string',
    maxLength: 2048,
    description,
    'x-kubernetes-validations': [
      { rule: "self.matches('^https?://[^/ ]+')", message: 'must be a URL such as "https://hooks.example.com/a"' },
    ],
  }) as const satisfies Schema;

/** Something that nobody else may know; never logged, and in no status. */
export const secret = (description: string) =>
  ({ type: 'string', minLength: 1, maxLength: 4096, description }) as const satisfies Schema;
