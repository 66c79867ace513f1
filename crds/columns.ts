import type { Column } from './definition.ts';

/** A column of what is at `jsonPath`, such as `.spec.mode`. */
export const column = (
  name: string,
  jsonPath: string,
  description: string,
  type: Column['type'] = 'string',
): Column => ({ name, type, jsonPath, description });

/** A column of a condition, by default of its status. */
export const condition = (
  name: string,
  description: string,
  type = name,
  field: 'status' | 'reason' | 'message' = 'status',
): Column => column(name, `.status.conditions[?(@.type=='${type}')].${field}`, description);

/** A column that `-o wide` shows only. */
export const wide = (narrow: Column): Column => ({ ...narrow, priority: 1 });

/** The last column of every kind. */
export const age = column('Age', '.metadata.creationTimestamp', 'Age of the object.', 'date');
