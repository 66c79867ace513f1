/** A constant lower-case message and fields; what is behind it (JSON lines, a test's array, nothing) is the caller's choice. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** An error as log fields: its message and, for a programming error, where it happened; never a response body. */
export function errorFields(error: unknown): { error: string; reason?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  if ('reason' in error) return { error: error.message, reason: String(error.reason) };
  return { error: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}
