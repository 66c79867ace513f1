/**
 * The text as a field of a status takes it. What others say (people's reasons, an API server's refusal) has no length that
 * we know, and a text that is too long has the whole status refused: what was done would not be noted, and an undo never
 * come to its end. Lone halves of characters go, because they do not come back as they were sent.
 */
export const clip = (text: string, most = 1024): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
