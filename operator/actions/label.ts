import { metadataAction } from './metadata.ts';

/** Sets and removes labels, each undone for itself. */
export const label = metadataAction('label', 'labels', {
  syntax: /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  saying: 'letters, digits, "-", "_" and "." with a letter or digit at both ends',
});
