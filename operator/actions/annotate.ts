import { metadataAction } from './metadata.ts';

/** Sets and removes annotations, each undone for itself. Unlike labels they select nothing, and hold any text. */
export const annotate = metadataAction('annotate', 'annotations', {
  syntax: /^/,
  saying: 'a key has letters, digits, "-", "_" and ".", and may begin with a domain and "/"',
});
