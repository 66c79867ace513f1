/** Something a person can act on. The CLI prints the message (and the details below it) without a stack trace. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  /** Lines that explain the message, such as the end of a log. */
  readonly details: readonly string[];

  constructor(message: string, details: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
