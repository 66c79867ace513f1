/** A constant lower-case message and fields; what is behind it (JSON lines, a test's array, nothing) is the caller's choice. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * An error as log fields: its message and, for a programming error, where it happened; never a response body. Where it
 * happened is found by the source map, which takes a second and a hundred megabytes the first time: where only the words
 * are wanted, `messageOf`.
 */
export function errorFields(error: unknown): { error: string; reason?: string; stack?: string } {
  const message = messageOf(error);
  if (!(error instanceof Error)) return { error: message };
  if ('reason' in error) return { error: message, reason: String(error.reason) };
  return { error: message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}
