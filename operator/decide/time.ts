/** Times as our statuses carry them: RFC 3339 with milliseconds, because seconds are what we are measured by. */
export const toTime = (epochMs: number): string => new Date(epochMs).toISOString();

/** The same to the second, for sentences. */
export const toSeconds = (epochMs: number): string => toTime(epochMs).replace(/\.\d+Z$/, 'Z');

/** Milliseconds since the epoch; undefined when absent or not a time. */
export function parseTime(text: string | undefined): number | undefined {
  const epochMs = Date.parse(text ?? '');
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
