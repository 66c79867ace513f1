/** Kubernetes writes two kinds of time; sending the wrong one is refused, so each has its function. */

/** `metav1.Time`: RFC 3339 with whole seconds, such as `2026-01-31T08:15:00Z`. */
export const toTime = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** `metav1.MicroTime`: exactly six digits of fraction, as Lease and Event want it. */
export const toMicroTime = (epochMs: number): string => new Date(epochMs).toISOString().replace('Z', '000Z');

/** Milliseconds since the epoch of either kind; undefined when absent or not a time. */
export function parseTime(text: string | undefined): number | undefined {
  const epochMs = Date.parse(text ?? '');
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
